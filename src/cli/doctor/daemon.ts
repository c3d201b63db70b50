import type { Status } from '../../views/engine-view.ts';
import type { DaemonRecord } from '../daemon-file.ts';
import { type Diagnosis, obstacle, ok } from './diagnosis.ts';

/** What is known of the daemon of a data directory. */
export interface DaemonFacts {
  readonly record: DaemonRecord | undefined;
  /** What it answers; undefined where it does not, or where none runs. */
  readonly status: Status | undefined;
  /** Where it would be heard, and whether another program already is; none where it runs. */
  readonly addresses: readonly { readonly name: string; readonly isFree: boolean }[];
  /** Why the data cannot be opened, as the error says it; undefined where it can. */
  readonly problem: string | undefined;
}

/** Whether a daemon runs, or could. */
export function diagnoseDaemon({ record, status, addresses, problem }: DaemonFacts): Diagnosis[] {
  if (status !== undefined) return running(record, status);
  if (record !== undefined) {
    const message = `Process ${record.pid} holds the data and does not answer at ${record.url}.`;
    return [obstacle('daemon', message, 'Wait a moment, or end that process.')];
  }
  const taken = addresses.filter(({ isFree }) => !isFree);
  return [
    ...(problem === undefined
      ? [ok('daemon', 'None runs; start one with: signalbox up')]
      : [obstacle('data', problem, 'Do what it says.')]),
    ...taken.map(({ name }) =>
      obstacle('port', `Another program is heard at ${name}.`, 'End it, or choose another port.'),
    ),
  ];
}

function running(record: DaemonRecord | undefined, { degraded, state }: Status): Diagnosis[] {
  const where = record === undefined ? 'It' : `Process ${record.pid} at ${record.url}`;
  if (degraded.length === 0) return [ok('daemon', `${where} is ${state}.`)];
  return degraded.map(({ part, reason }) =>
    obstacle(part, `${reason}.`, 'See the log of the daemon, and: signalbox status'),
  );
}
