import { eventLogKind } from './event-log/event-log.ts';
import type { LogFeed } from './event-log/log-feed.ts';
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
}

/** The built-in types of sources, each ready to open some. */
export function builtInSources({ webhooks, feed }: BuiltInSourcesOptions): readonly SourceKind[] {
  return [eventLogKind(feed), scheduleKind, webhookSource(webhooks)];
}
