import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { spanSchema } from '../flows/parse/duration-schema.ts';
import { didYouMean } from '../std/diagnostics.ts';

/** How many channels a configuration may have. */
const CHANNELS_MAX = 256;
const ARGV_MAX = 256;
const TEXT_LENGTH_MAX = 4_096;
const REPEAT_MS_MIN = 1_000;
const REPEAT_MS_MAX = 86_400_000;
/** How long a critical message waits for its acknowledgement before it is repeated. */
export const REPEAT_MS = 300_000;

/** Channels that are there without being configured. */
export const BUILT_IN_CHANNELS = ['inbox', 'log', 'audit'] as const;
/** Channels that a later version brings. */
export const LATER_CHANNELS: readonly string[] = [
  'dashboard',
  'coordination_dashboard',
  'status_report',
  'direct_alert',
  'heartbeat',
  'task_update',
];

/** What an argument of a command may hold in braces. */
export const PLACEHOLDERS = ['to', 'message', 'urgency', 'dedupe_id'] as const;

const textSchema = z
  .string()
  .max(TEXT_LENGTH_MAX)
  .refine((text) => !text.includes('\0'), 'it holds a NUL character; remove it');

const argumentSchema = textSchema.superRefine((text, context) => {
  for (const [, name = ''] of text.matchAll(/\{([A-Za-z_]+)\}/g)) {
    if (PLACEHOLDERS.some((known) => known === name)) continue;
    const meant = didYouMean(name, PLACEHOLDERS);
    const tail = meant === undefined ? `there are ${shownPlaces()}` : `did you mean {${meant}}?`;
    context.addIssue({ code: 'custom', message: `nothing is called {${name}} here; ${tail}` });
  }
});

function shownPlaces(): string {
  return PLACEHOLDERS.map((name) => `{${name}}`).join(', ');
}

const urlSchema = textSchema.superRefine((text, context) => {
  const message = urlProblem(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'it is no URL; write one such as https://example.com/hook';
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return 'only http and https are called';
  return username === '' && password === '' ? undefined : 'it holds a password; remove it';
}

const pathSchema = textSchema
  .refine((path) => path !== '', 'it is empty; name a file, or a folder with a "/" behind it')
  .refine((path) => !isAbsolute(path) && !path.split(/[\\/]/).includes('..'), {
    error: 'is a path within the folder of the configuration, such as inbox/ or inbox/ops.jsonl',
  });

const KINDS = ['command', 'webhook', 'slack', 'inbox'] as const;

const channelSchema = z
  .strictObject({
    /** A program and its arguments, in which `PLACEHOLDERS` stand. No shell reads them. */
    command: z
      .array(argumentSchema, {
        error: 'is a list of the program and its arguments, as in [python3, tell.py, "{message}"]',
      })
      .min(1, 'it names no program')
      .max(ARGV_MAX)
      .readonly()
      .optional(),
    /** What the command finds in its environment. */
    env: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of a variable'), textSchema)
      .readonly()
      .optional(),
    /** Where JSON is posted to. */
    webhook: urlSchema.optional(),
    /** The URL of an incoming webhook of Slack. */
    slack: urlSchema.optional(),
    /** A file that gets a line of JSON a message, or a folder (`DIR/`) that gets a file. */
    inbox: pathSchema.optional(),
    /** After how long a critical message is repeated that nobody has acknowledged. */
    repeat: spanSchema
      .refine(
        (ms) => ms >= REPEAT_MS_MIN && ms <= REPEAT_MS_MAX,
        'is between one second and one day',
      )
      .default(REPEAT_MS),
  })
  .superRefine((channel, context) => {
    const kinds = KINDS.filter((kind) => channel[kind] !== undefined);
    const one = `a channel is one of ${KINDS.join(', ')}`;
    if (kinds.length === 0) context.addIssue({ code: 'custom', message: `it has no kind; ${one}` });
    if (kinds.length > 1) {
      const message = `it is ${kinds.join(' and ')} at once; ${one}`;
      context.addIssue({ code: 'custom', message });
    }
    if (channel.env !== undefined && channel.command === undefined) {
      const message = 'only a command has an environment; remove it';
      context.addIssue({ code: 'custom', path: ['env'], message });
    }
  })
  .readonly();

const nameSchema = z
  .string()
  .regex(/^[\p{L}\p{N}](?:[\p{L}\p{N}._-]{0,62}[\p{L}\p{N}])?$/u, {
    error: 'is no name of a channel: letters, digits, ".", "_" and "-", at most 64',
  })
  .refine((name) => ![...BUILT_IN_CHANNELS, ...LATER_CHANNELS].includes(name), {
    error: 'is the name of a channel that is always there; choose another',
  });

/** `channels` of a configuration: how people and agents are told, by name. */
export const channelsSchema = z
  .record(nameSchema, channelSchema)
  .refine((channels) => Object.keys(channels).length <= CHANNELS_MAX, {
    error: `may name at most ${CHANNELS_MAX} channels`,
  })
  .readonly();

export type ChannelsSettings = Readonly<z.output<typeof channelsSchema>>;
export type ChannelSettings = Readonly<z.output<typeof channelSchema>>;
