import type { Finding } from '../std/diagnostics.ts';
import { SignalboxError } from '../std/errors.ts';

/** The exit codes that scripts may rely on. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  rejected: 3,
  timedOut: 4,
  configuration: 65,
  noDaemon: 69,
  addressInUse: 71,
  dataUnusable: 73,
  dataLocked: 75,
  dataCorrupt: 76,
  unsafe: 77,
} as const;

const BY_CODE: Readonly<Record<string, number>> = {
  'config.unsafe': EXIT.unsafe,
  'isolation.missing': EXIT.unsafe,
  'flow.unknown': EXIT.usage,
  'step.absent': EXIT.usage,
  'repair.invalid': EXIT.usage,
  'autonomy.invalid': EXIT.usage,
  'id.unknown': EXIT.usage,
  'run.unknown': EXIT.usage,
  'event.unknown': EXIT.usage,
  'letter.unknown': EXIT.usage,
  'proposal.unknown': EXIT.usage,
  'proposal.invalid': EXIT.usage,
  'token.invalid': EXIT.usage,
  'token.unknown': EXIT.usage,
  'token.exists': EXIT.usage,
  'init.unwritable': EXIT.dataUnusable,
  'data.unusable': EXIT.dataUnusable,
  'data.absent': EXIT.dataUnusable,
  'data.newer': EXIT.dataUnusable,
  'restore.occupied': EXIT.dataUnusable,
  'restore.absent': EXIT.usage,
  'erase.refused': EXIT.failed,
  'backup.exists': EXIT.usage,
  'store.elsewhere': EXIT.dataUnusable,
  'data.locked': EXIT.dataLocked,
  'data.corrupt': EXIT.dataCorrupt,
  'daemon.absent': EXIT.noDaemon,
  'daemon.not_ended': EXIT.timedOut,
  'server.address_in_use': EXIT.addressInUse,
  'server.cannot_listen': EXIT.addressInUse,
};

const BY_ROOM: Readonly<Record<string, number>> = {
  usage: EXIT.usage,
  config: EXIT.configuration,
};

/** The exit code for what a command threw: by its code, else by the code's first word, else 1. */
export function exitCodeOf(thrown: unknown): number {
  if (!(thrown instanceof SignalboxError)) return EXIT.failed;
  const [room = ''] = thrown.code.split('.');
  return BY_CODE[thrown.code] ?? BY_ROOM[room] ?? EXIT.failed;
}

/** The exit code for files with these findings, of which at least one is held against them. */
export function exitCodeOfFindings(findings: readonly Finding[]): number {
  const isUnsafe = findings.every(({ code }) => code === 'config.unsafe');
  return isUnsafe ? EXIT.unsafe : EXIT.configuration;
}
