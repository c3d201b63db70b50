import type {
  AdvanceWrite,
  CursorWrite,
  DedupeKey,
  EventWrite,
  LetterDraft,
  OpenWrite,
  RecordDraft,
  RunColumns,
  RunOrigin,
  Unit,
  WindowWrite,
} from '../../../src/store/contract.ts';
import type { EntityColumns, EntityWrite } from '../../../src/store/entity.ts';

export const DAY_MS = 86_400_000;
/** When the records of these suites were received. */
export const NOON = Date.UTC(2026, 0, 15, 12);

export function recordOf(fields: Partial<RecordDraft> = {}): RecordDraft {
  return {
    type: 'file.changed',
    version: 1,
    source: 'files',
    id: null,
    subject: null,
    received: NOON,
    correlation: null,
    causation: null,
    hops: 0,
    attributes: null,
    data: '{}',
    ...fields,
  };
}

export function event(fields: Partial<RecordDraft> = {}, dedupe?: DedupeKey): EventWrite {
  const record = recordOf(fields);
  return dedupe === undefined ? { kind: 'event', record } : { kind: 'event', record, dedupe };
}

/** The beginning of a run, which is under way unless `row` says otherwise. */
export function open(
  row: Partial<RunColumns & RunOrigin> = {},
  fields: Partial<RecordDraft> = {},
): OpenWrite {
  const origin = { flow: 'build', catalog: 'c1', event: 1, correlation: 'root', hops: 1 };
  const place = { lane: 'build', parent: null, fork: null, branch: null };
  return {
    kind: 'open',
    record: recordOf({ type: 'run.started', source: null, ...fields }),
    row: { ...origin, started: NOON, ...place, ...columns(), ...row },
  };
}

/** The next step of a run that stands at `version` and was opened by `open`. */
export function advance(
  run: number,
  version: number,
  { epoch = 1, ...row }: Partial<RunColumns> = {},
): AdvanceWrite {
  return {
    kind: 'advance',
    run,
    expectedVersion: version,
    expectedEpoch: epoch,
    record: recordOf({ type: 'step.completed', source: null }),
    row: { ...columns(), epoch, ...row },
  };
}

export function columns(): RunColumns {
  return {
    state: 'running',
    at: '0',
    attempt: 1,
    due: null,
    epoch: 1,
    crashes: 0,
    ended: null,
    reason: null,
  };
}

export function unit(...writes: Unit['writes']): Unit {
  return { writes };
}

/** A unit that also moves a consumer on. */
export function moving(
  consumer: string,
  from: number,
  to: number,
  ...writes: Unit['writes']
): Unit {
  return { writes, checkpoint: { consumer, from, to, state: `{"at":${to}}` } };
}

/** What could not be done, unless `fields` says otherwise: a step of run 1. */
export function letterOf(fields: Partial<LetterDraft> = {}): LetterDraft {
  return {
    kind: 'step',
    event: 1,
    flow: 'build',
    run: 1,
    step: 'compile',
    attempts: 3,
    code: 'step.failed',
    message: 'exit status 1',
    ...fields,
  };
}

/** An event that is a dead letter. */
export function deadLetter(fields: Partial<LetterDraft> = {}): EventWrite {
  return { ...event({ type: 'event.dead_lettered', source: null }), letter: letterOf(fields) };
}

/** A person's settling of a dead letter. */
export function closing(letter: number, state: 'retried' | 'dropped' = 'retried'): EventWrite {
  return { ...event({ type: 'letter.closed', source: null }), closes: { letter, state } };
}

/** A window that is open until `due`; `null` closes it. */
export function windowOf(key: string, due: number | null, flow = 'build'): WindowWrite {
  return { flow, key, columns: due === null ? null : { due, state: `{"of":"${due}"}` } };
}

/** What a source remembers under a key; `null` forgets it. */
export function cursorOf(key: string, value: string | null, source = 'files:docs'): CursorWrite {
  return { source, key, value };
}

/** The beginning of an entity, which is an open proposal unless `row` says otherwise. */
export function entity(row: Partial<EntityColumns> = {}): EntityWrite {
  return {
    kind: 'entity',
    entity: null,
    expectedVersion: null,
    record: recordOf({ type: 'proposal.opened', source: null }),
    row: { ...ENTITY, ...row },
  };
}

/** The next record of an entity that stands at `version`. */
export function entityMove(
  id: number,
  version: number,
  row: Partial<EntityColumns> = {},
): EntityWrite {
  const record = recordOf({ type: 'proposal.approved', source: null });
  return {
    kind: 'entity',
    entity: id,
    expectedVersion: version,
    record,
    row: { ...ENTITY, ...row },
  };
}

const ENTITY = {
  kind: 'proposal',
  state: 'open',
  run: null,
  due: null,
  ended: null,
  data: '{}',
} as const;
