import type { Fallen } from '../gates/automation-rows.ts';
import type { Trouble } from '../routing/router.ts';
import type { LoweredLimit } from '../runs/lowered-limits.ts';
import type { SourceView } from '../sources/supervised-source.ts';
import type { Status } from '../views/engine-view.ts';
import type { Parts } from './parts.ts';

/** What does not work as it should, why, and since when: nothing where all is well. */
export function degradedParts(parts: Parts): Status['degraded'] {
  const { sources, router, door, stage, capacity, retention, automation, incidents } = parts;
  const { limits } = parts;
  const trouble = router.trouble ?? capacity.trouble;
  const asking = stage?.trouble;
  const full = door.fullSince;
  const overBudget = retention.overBudget;
  return [
    ...sources.views().flatMap(troubleOf),
    ...(trouble === undefined ? [] : [{ part: 'router', ...trouble }]),
    ...(asking === undefined ? [] : [{ part: 'hooks', ...asking }]),
    ...automation.fallen.map(troubleOfFlow),
    ...limits.all.map(troubleOfLimit),
    ...incidents.undeliverable.map((told) => ({ part: 'notifications', ...told })),
    ...(overBudget === null ? [] : [{ part: 'storage', ...overBudget }]),
    ...(full === undefined ? [] : [{ part: 'disk', reason: 'the disk is full', since: full }]),
  ].map(({ since, ...what }) => ({ ...what, since: new Date(since).toISOString() }));
}

/** What is wrong with a source; nothing where it hears. */
function troubleOf({ name, state, error, since }: SourceView): (Trouble & { part: string })[] {
  if (state !== 'degraded' && state !== 'stale') return [];
  return [{ part: name, reason: error ?? 'no event has come for long', since: Date.parse(since) }];
}

/** That fewer runs of a flow are under way than its files allow. */
function troubleOfLimit({ flow, limit, by, reason, since }: LoweredLimit): Trouble & {
  part: string;
} {
  const why = reason === null ? '' : ` (${reason})`;
  const runs = limit === 1 ? '1 run' : `${limit} runs`;
  return { part: `flow ${flow}`, reason: `at most ${runs} at once, set by ${by}${why}`, since };
}

/** That a flow asks, since it failed by itself. */
function troubleOfFlow({ flow, runs, step, error, since }: Fallen): Trouble & { part: string } {
  const times = runs.length === 1 ? 'the last run' : `the last ${runs.length} runs`;
  const last = `step "${step}": ${error.message}`;
  const reason = `${times} of it failed, so it asks until one succeeds (${last})`;
  return { part: `flow ${flow}`, reason, since };
}
