import { scheduleKind } from './schedule/schedule.ts';
import type { SourceKind } from './source.ts';

/** What the built-in sources need to know of the daemon. */
export interface BuiltInSourcesOptions {
  /** Where webhooks are heard. */
  readonly webhooks: { readonly host: string; readonly port: number };
}

/** The built-in types of sources, each ready to open some. */
export function builtInSources(_options: BuiltInSourcesOptions): readonly SourceKind[] {
  return [scheduleKind];
}
