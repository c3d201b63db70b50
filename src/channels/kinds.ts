import { join, resolve } from 'node:path';
import type { Processes } from '../std/command.ts';
import type { Logger } from '../std/logger.ts';
import type { Channel } from './channel.ts';
import { commandChannel } from './command.ts';
import { inboxChannel, inboxesChannel } from './inbox.ts';
import { auditChannel, logChannel, mutedChannel } from './log.ts';
import type { Post } from './post.ts';
import { type ChannelSettings, type ChannelsSettings, REPEAT_MS } from './shape.ts';
import { slackChannel } from './slack.ts';
import { webhookChannel } from './webhook.ts';

/** What channels need of the daemon. */
export interface ChannelParts {
  /** The configuration's folder: paths are relative to it, commands run in it. */
  readonly directory: string;
  /** What every command finds in its environment. */
  readonly environment: { readonly [name: string]: string };
  readonly processes: Processes;
  readonly post: Post;
  readonly logger: Logger;
}

/** A channel, and after how long a critical message over it is repeated. */
export interface OpenChannel {
  readonly channel: Channel;
  readonly repeatMs: number;
}

/** The folder of the inboxes that are always there, in the configuration's. */
const INBOXES = 'inbox';

/** The channels of a configuration and those that are always there, by name. */
export function openChannels(
  settings: ChannelsSettings,
  parts: ChannelParts,
): ReadonlyMap<string, OpenChannel> {
  const { directory, logger } = parts;
  const builtIn = [
    inboxesChannel('inbox', join(directory, INBOXES)),
    logChannel('log', logger),
    auditChannel('audit'),
  ];
  return new Map<string, OpenChannel>([
    ...builtIn.map((channel) => [channel.name, { channel, repeatMs: REPEAT_MS }] as const),
    ...Object.entries(settings).map(([name, channel]) => {
      return [
        name,
        { channel: channelOf(name, channel, parts), repeatMs: channel.repeat },
      ] as const;
    }),
  ]);
}

/** The same channels, over which nobody is told anything: what would be said is only recorded. */
export function muted(
  channels: ReadonlyMap<string, OpenChannel>,
): ReadonlyMap<string, OpenChannel> {
  return new Map(
    Array.from(channels, ([name, { repeatMs }]) => [
      name,
      { channel: mutedChannel(name), repeatMs },
    ]),
  );
}

function channelOf(name: string, settings: ChannelSettings, parts: ChannelParts): Channel {
  const { command: argv, webhook, slack, inbox, env } = settings;
  const { directory, processes, post } = parts;
  if (webhook !== undefined) return webhookChannel(name, webhook, post);
  if (slack !== undefined) return slackChannel(name, slack, post);
  // Not resolved where it ends in "/": that says that it is a folder.
  if (inbox !== undefined) return inboxChannel(name, `${resolve(directory)}/${inbox}`);
  const environment = { ...parts.environment, ...env };
  return commandChannel({ name, argv: argv ?? [], directory, environment, processes });
}
