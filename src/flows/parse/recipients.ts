import { suggestion } from '../../std/diagnostics.ts';
import type { RecipientMention } from './context.ts';

/** Whom steps may have told. */
export interface Recipients {
  /** Channels, configured or always there, and people who have channels. */
  readonly names: ReadonlySet<string>;
  /** Names that a later version brings. */
  readonly later: ReadonlySet<string>;
}

/** Reports each name that is no channel and no person who can be told. */
export function reportRecipients(
  notified: readonly RecipientMention[],
  recipients: Recipients | undefined,
): void {
  if (recipients === undefined) return;
  const { names, later } = recipients;
  for (const { name, at, report } of notified) {
    if (names.has(name)) continue;
    if (later.has(name)) {
      const message = `the channel "${name}" is not supported by this version`;
      report({ at, code: 'config.not_supported', message });
      continue;
    }
    const near = suggestion(name, names) || '; write it under "channels"';
    const message = `no channel, and nobody with channels, is called "${name}"${near}`;
    report({ at, code: 'config.unknown_name', message });
  }
}
