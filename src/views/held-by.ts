import { excerpt } from '../flows/cel/messages.ts';
import type { Flow } from '../flows/flow.ts';
import { flowOfLane, type Limit, rulesOf } from '../runs/lane.ts';
import { formatDuration } from '../std/duration.ts';
import type { LaneRow } from '../store/contract.ts';

/** How much of a key's value is shown. */
const KEY_SHOWN_MAX = 100;
/** How many projects are named. */
const PROJECTS_SHOWN_MAX = 5;

/**
 * Which of the flow's own limits keep a queued run from beginning, each as a sentence without its
 * full stop: as the open runs of its flow say, by their lanes. `flow` is the one in force, whose
 * limits hold. How many runs a throttle has let through stands in no row: it is named where nothing
 * else holds.
 */
export function heldBy(lane: string, flow: Flow, lanes: readonly LaneRow[]): readonly string[] {
  const own = lanes.filter((each) => flowOfLane(each.lane) === flow.name);
  const { limits } = rulesOf(lane, flow);
  const held = limits.flatMap((limit) => holding(limit, flow, own) ?? []);
  return held.length > 0 ? held : limits.flatMap((limit) => throttling(limit, flow) ?? []);
}

/**
 * The projects that may come before the flow's own, as a sentence without its full stop: those
 * whose runs wait, and that hold no more slots than it does. Undefined where there are none.
 */
export function behindProjects(
  flow: Flow,
  flows: ReadonlyMap<string, Flow>,
  lanes: readonly LaneRow[],
): string | undefined {
  const held = new Map<string, { running: number; queued: number }>();
  for (const { lane, open } of lanes) {
    const name = flows.get(flowOfLane(lane))?.project ?? '';
    const { running, queued } = held.get(name) ?? { running: 0, queued: 0 };
    held.set(name, { running: running + open.running, queued: queued + open.queued });
  }
  const own = flow.project ?? '';
  const { running = 0 } = held.get(own) ?? {};
  const before = [...held].filter(([name, other]) => {
    return name !== own && other.queued > 0 && other.running <= running;
  });
  if (before.length === 0) return undefined;
  const what = own === '' ? 'flows without a project hold' : `project "${own}" holds`;
  const names = before.map(([name]) => (name === '' ? 'flows without one' : `"${name}"`));
  const shown = names.toSorted().slice(0, PROJECTS_SHOWN_MAX).join(', ');
  return `${what} ${running} of the slots, which go round projects: so ${shown} may come first`;
}

function holding(limit: Limit, flow: Flow, lanes: readonly LaneRow[]): string | undefined {
  if (limit.kind === 'rate') return undefined;
  const shared = lanes.filter(({ lane }) =>
    rulesOf(lane, flow).limits.some(({ name }) => name === limit.name),
  );
  const running = shared.reduce((sum, { open }) => sum + open.running, 0);
  if (limit.kind === 'running') {
    if (running < limit.limit) return undefined;
    const most = `at most ${limit.limit} of flow "${flow.name}" are under way at once`;
    return `${most}${keyOf(limit)}, as "concurrency" says, and ${running} are`;
  }
  const begun = shared.reduce((sum, { open }) => sum + open.waiting + open.paused, running);
  if (begun === 0) return undefined;
  const earlier = `an earlier run of flow "${flow.name}"${keyOf(limit)} is open`;
  return `${earlier}, and "order" says one by one`;
}

function throttling(limit: Limit, flow: Flow): string | undefined {
  if (limit.kind !== 'rate') return undefined;
  const most = `${limit.limit} in ${formatDuration(limit.perMs)}`;
  return `"throttle" of flow "${flow.name}" lets ${most} begin${keyOf(limit)}, or no slot is free`;
}

function keyOf({ name }: Limit): string {
  const [, , key] = JSON.parse(name) as readonly (string | null)[];
  return typeof key === 'string' ? ` with key "${excerpt(key, KEY_SHOWN_MAX)}"` : '';
}
