import { z } from 'zod';
import type { ActionShape, ToolShape } from './tool.ts';

const TEXT_LENGTH_MAX = 1_024;
const LIMIT_MAX = 10_000;

const text = z
  .string('it is a text')
  .min(1, 'it is empty')
  .max(TEXT_LENGTH_MAX, `it has over ${TEXT_LENGTH_MAX} characters`);
const reason = text.optional();

/** Whatever it changes can be changed back, and what it did before it does not do again. */
const acting = {
  effect: 'idempotent',
  risk: 'medium',
  output: z.object({ changed: z.boolean() }),
} as const;

const restart_source: ActionShape = {
  ...acting,
  summary: 'Closes a source and opens it anew.',
  input: z.strictObject({ source: text, reason }),
};

const limit: ActionShape = {
  ...acting,
  summary: 'Has fewer runs of a flow under way at once, until its limit is restored.',
  input: z.strictObject({
    flow: text,
    limit: z
      .int('it is a whole number')
      .min(1, 'it is at least 1; to begin none at all, use "pause"')
      .max(LIMIT_MAX, `it is at most ${LIMIT_MAX}`),
    reason,
  }),
};

const restore_limit: ActionShape = {
  ...acting,
  summary: 'Lets a flow keep to the limit of its files again.',
  input: z.strictObject({ flow: text, reason }),
};

const pause: ActionShape = {
  ...acting,
  summary: 'Begins no run of a flow until it is resumed.',
  input: z.strictObject({ flow: text, reason }),
};

const resume: ActionShape = {
  ...acting,
  summary: 'Lets runs of a flow begin again.',
  input: z.strictObject({ flow: text, reason }),
};

const retry: ActionShape = {
  ...acting,
  summary: 'Has another try at a dead letter, where it failed or with another flow.',
  input: z.strictObject({ letter: text, flow: text.optional(), reason }),
};

/** What the `signalbox` tool can do: what a person may do about the daemon's own work. */
export const signalboxShape: ToolShape = {
  name: 'signalbox',
  summary: 'Acts on the daemon itself, as a person might: in the name of the flow, and recorded.',
  aliases: ['tool-signalbox'],
  actions: { restart_source, limit, restore_limit, pause, resume, retry },
};
