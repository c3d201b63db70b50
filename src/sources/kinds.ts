import { scheduleKind } from './schedule/schedule.ts';
import type { SourceKind } from './source.ts';
import type { HookListener } from './webhook/listener.ts';
import { webhookSource } from './webhook/webhook.ts';

/** What the built-in sources need to know of the daemon. */
export interface BuiltInSourcesOptions {
  /** Where webhooks are heard. */
  readonly webhooks: HookListener;
}

/** The built-in types of sources, each ready to open some. */
export function builtInSources({ webhooks }: BuiltInSourcesOptions): readonly SourceKind[] {
  return [scheduleKind, webhookSource(webhooks)];
}
