import { z } from 'zod';
import type { SourceConfig, SourceShape } from '../../flows/source-shape.ts';

/** The value of `type`, which the names of these sources begin with. */
export const EVENT_LOG = 'event_log';
/** Where events are logged where nobody says where. */
export const DEFAULT_PATH = 'claude/project/events/event.log';

const configSchema = z.strictObject({
  path: z.string().min(1).default(DEFAULT_PATH),
  write: z.boolean().default(false),
});

/** What is written for one event log. */
export type EventLogConfig = z.output<typeof configSchema>;

/** How a source of type `event_log` is written. */
export const eventLogShape: SourceShape = {
  type: EVENT_LOG,
  schema: configSchema,
  secretKeys: [],
  nameOf: (config) => eventLogConfig(config).path,
  trustOf: () => 'trusted',
  emits: ['*'],
};

/** The config of such a source, of which no more is known than that its schema made it. */
export function eventLogConfig(config: SourceConfig): EventLogConfig {
  return configSchema.parse(config);
}
