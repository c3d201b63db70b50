import { Claims } from './event-log/claims.ts';
import { eventLogKind } from './event-log/event-log.ts';
import type { LogFeed } from './event-log/log-feed.ts';
import { fileChangeKind } from './files/file-change.ts';
import { scheduleKind } from './schedule/schedule.ts';
import type { SourceKind } from './source.ts';
import type { HookListener } from './webhook/listener.ts';
import { webhookSource } from './webhook/webhook.ts';

/** What the built-in sources need to know of the daemon. */
export interface BuiltInSourcesOptions {
  /** Where webhooks are heard. */
  readonly webhooks: HookListener;
  /** What is recorded, for who writes it down. */
  readonly feed: LogFeed;
  /** Absolute. No source looks into it: each event would make the next. */
  readonly dataDirectory: string;
  /** Whether the daemon writes a file, by its absolute name, as it works: no source tells of it. */
  readonly isOurs: (path: string) => boolean;
}

/** The built-in types of sources, each ready to open some. */
export function builtInSources(options: BuiltInSourcesOptions): readonly SourceKind[] {
  const { webhooks, feed, dataDirectory, isOurs } = options;
  const claims = new Claims();
  return [
    eventLogKind({ feed, claims }),
    fileChangeKind({
      never: [dataDirectory],
      isOurs: (path) => claims.writes(path) || isOurs(path),
    }),
    scheduleKind,
    webhookSource(webhooks),
  ];
}
