import { fileChangeKind } from './files/file-change.ts';
import { scheduleKind } from './schedule/schedule.ts';
import type { SourceKind } from './source.ts';

/** What the built-in sources need to know of the daemon. */
export interface BuiltInSourcesOptions {
  /** Where webhooks are heard. */
  readonly webhooks: { readonly host: string; readonly port: number };
  /** Absolute. No source looks into it: each event would make the next. */
  readonly dataDirectory: string;
}

/** The built-in types of sources, each ready to open some. */
export function builtInSources({ dataDirectory }: BuiltInSourcesOptions): readonly SourceKind[] {
  return [fileChangeKind({ never: [dataDirectory] }), scheduleKind];
}
