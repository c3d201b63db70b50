/** Types that seed 002 counts, whatever case and separator they are written with. */
const WATCHED: ReadonlySet<string> = new Set(['COORDINATION_CRISIS', 'DEADLINE_WARNING']);
const WATCHED_LENGTH_MAX = 20;

/** The name under which seed 002 counts events of a type; undefined for all others. */
export function watchedType(type: string): string | undefined {
  if (type.length > WATCHED_LENGTH_MAX) return undefined;
  const name = type.toUpperCase().replaceAll(/[.-]/g, '_');
  return WATCHED.has(name) ? name : undefined;
}

/** What a record says of an attempt at a step. */
export const STEP_RESULTS: ReadonlyMap<string, string> = new Map([
  ['step.completed', 'completed'],
  ['run.succeeded', 'completed'],
  ['branch.succeeded', 'completed'],
  ['run.noop', 'noop'],
  ['branch.noop', 'noop'],
  ['step.retrying', 'retried'],
  ['step.failed', 'failed'],
  ['run.failing', 'failed'],
  ['run.failed', 'failed'],
  ['branch.failed', 'failed'],
  ['step.unknown', 'unknown'],
  ['step.waiting', 'waiting'],
  ['step.parked', 'parked'],
]);
/** Behind these the run rests until a time that the record names. */
export const RESTS: ReadonlySet<string> = new Set(['step.retrying', 'step.waiting', 'step.parked']);
/** What a person does to a run that rests is not its time coming. */
export const HELD: ReadonlySet<string> = new Set([
  'run.paused',
  'run.resumed',
  'run.retried',
  'run.moved',
  'run.cancelled',
  'run.declined',
  'step.approved',
  'step.returned',
  'branch.cancelled',
  'branch.declined',
  'run.compensating',
  'branch.cancelled',
  'branch.compensating',
]);
/** The records that end a branch. */
export const BRANCH_ENDS: ReadonlySet<string> = new Set([
  'branch.succeeded',
  'branch.failed',
  'branch.noop',
  'branch.declined',
  'branch.cancelled',
  'branch.compensated',
  'branch.stuck',
]);
