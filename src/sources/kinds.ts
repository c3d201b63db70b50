import { fileChangeKind } from './files/file-change.ts';
import { scheduleKind } from './schedule/schedule.ts';
import type { SourceKind } from './source.ts';
import type { HookListener } from './webhook/listener.ts';
import { webhookSource } from './webhook/webhook.ts';

/** What the built-in sources need to know of the daemon. */
export interface BuiltInSourcesOptions {
  /** Where webhooks are heard. */
  readonly webhooks: HookListener;
  /** Absolute. No source looks into it: each event would make the next. */
  readonly dataDirectory: string;
}

/** The built-in types of sources, each ready to open some. */
export function builtInSources(options: BuiltInSourcesOptions): readonly SourceKind[] {
  const { webhooks, dataDirectory } = options;
  return [fileChangeKind({ never: [dataDirectory] }), scheduleKind, webhookSource(webhooks)];
}
