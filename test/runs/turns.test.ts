import * as fc from '../properties.ts';
import { describe, expect, test } from 'vitest';
import { Lanes } from '../../src/runs/lanes.ts';
import { AGEING_MS } from '../../src/runs/turns.ts';
import { limited } from './lanes-model.ts';

/** Lanes of flows with these priorities, each with `queued` runs that wait since 0. */
function waiting(priorities: readonly number[], queued: number, slots = 1): Lanes {
  const flows = priorities.map((priority, index) => limited(`flow-${index}`, { priority }));
  const lanes = new Lanes({ slots, since: 0 });
  lanes.useFlows(new Map(flows.map((flow) => [flow.name, flow])), 0);
  for (let n = 0; n < queued; n++) for (const { name } of flows) lanes.enter(name, 'queued', 0);
  for (const { name } of flows) lanes.expect(name, 'queued', { due: 0, id: 0 }, 0);
  return lanes;
}

/** Puts other priorities in force. */
function reprioritize(lanes: Lanes, priorities: readonly number[], now: number): void {
  const flows = priorities.map((priority, index) => limited(`flow-${index}`, { priority }));
  lanes.useFlows(new Map(flows.map((flow) => [flow.name, flow])), now);
}

/** Whose turn it is, whose run then ends at once. */
function serve(lanes: Lanes, now: number): string | undefined {
  const lane = lanes.take(now)?.lane;
  if (lane === undefined) return undefined;
  lanes.expect(lane, 'queued', { due: 0, id: 0 }, now);
  lanes.move(lane, 'running', null, now);
  return lane;
}

describe('among flows that wait', () => {
  test('the highest priority is next, and at the same one they take turns', () => {
    const lanes = waiting([0, 3, 3], 4);
    const served = Array.from({ length: 10 }, () => serve(lanes, 0));
    const high = ['flow-1', 'flow-2', 'flow-1', 'flow-2', 'flow-1', 'flow-2', 'flow-1', 'flow-2'];
    expect(served).toEqual([...high, 'flow-0', 'flow-0']);
  });

  test('one counts as a priority higher for each minute, up to the highest that waits', () => {
    const lanes = waiting([0, 2], 100);
    expect(serve(lanes, 2 * AGEING_MS - 1)).toBe('flow-1');
    expect(serve(lanes, 2 * AGEING_MS - 1)).toBe('flow-1');
    expect(serve(lanes, 2 * AGEING_MS)).toBe('flow-0');
    const now = 50 * AGEING_MS;
    const served = Array.from({ length: 4 }, () => serve(lanes, now));
    expect(served).toEqual(['flow-1', 'flow-0', 'flow-1', 'flow-0']);
  });

  test('priorities that change while they wait hold at once', () => {
    const priorities = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 8, maxLength: 8 });
    const both = fc.tuple(priorities, priorities);
    fc.assert(
      fc.property(both, ([before, after]) => {
        const lanes = waiting(before, 1);
        reprioritize(lanes, after, 2);
        const served = after.map(() => after[Number(serve(lanes, 3)?.slice('flow-'.length))]);
        expect(served).toEqual(after.toSorted((a, b) => b - a));
      }),
      { numRuns: 2_000 },
    );
  });

  test('who holds fewest slots is next', () => {
    const lanes = waiting([0, 0], 9, 4);
    const held: string[] = [];
    for (let n = 0; n < 4; n++) {
      const lane = lanes.take(0)?.lane ?? '';
      lanes.expect(lane, 'queued', { due: 0, id: 0 }, 0);
      held.push(lane);
    }
    expect(held.toSorted()).toEqual(['flow-0', 'flow-0', 'flow-1', 'flow-1']);
    lanes.move('flow-1', 'running', null, 0);
    expect(lanes.take(0)?.lane).toBe('flow-1');
  });
});

/** Lanes of flows of these projects, each with `queued` runs that wait since 0. */
function ofProjects(projects: Readonly<Record<string, number>>, slots: number): Lanes {
  const flows = Object.entries(projects).flatMap(([project, count]) =>
    Array.from({ length: count }, (_, index) => limited(`${project}-${index}`, { project })),
  );
  const lanes = new Lanes({ slots, since: 0 });
  lanes.useFlows(new Map(flows.map((flow) => [flow.name, flow])), 0);
  for (const { name } of flows) {
    for (let n = 0; n < 100; n++) lanes.enter(name, 'queued', 0);
    lanes.expect(name, 'queued', { due: 0, id: 0 }, 0);
  }
  return lanes;
}

function projectOf(lane: string | undefined): string | undefined {
  return lane?.split('-')[0];
}

describe('among projects that wait', () => {
  test('one with many flows takes no more than one with one, and its flows take turns', () => {
    const lanes = ofProjects({ many: 50, one: 1 }, 1);
    const served = Array.from({ length: 100 }, () => serve(lanes, 0));
    expect(served.map(projectOf)).toEqual(
      Array.from({ length: 100 }, (_, turn) => (turn % 2 === 0 ? 'many' : 'one')),
    );
    expect(new Set(served).size).toBe(51);
  });

  test('that which holds fewest slots is next, whatever its flows hold', () => {
    const lanes = ofProjects({ many: 3, one: 1 }, 6);
    const held: string[] = [];
    for (let n = 0; n < 6; n++) {
      const lane = lanes.take(0)?.lane ?? '';
      lanes.expect(lane, 'queued', { due: 0, id: 0 }, 0);
      held.push(lane);
    }
    expect(held.toSorted()).toEqual(['many-0', 'many-1', 'many-2', 'one-0', 'one-0', 'one-0']);
  });

  test('a flow that comes to another project takes what it holds along', () => {
    const lanes = ofProjects({ many: 2, one: 1 }, 3);
    for (let n = 0; n < 3; n++) {
      const lane = lanes.take(0)?.lane ?? '';
      lanes.expect(lane, 'queued', { due: 0, id: 0 }, 0);
    }
    const moved = ['many-0', 'many-1', 'one-0'].map((name) => limited(name, { project: 'same' }));
    const all = [...moved, limited('new-0', { project: 'new' })];
    lanes.useFlows(new Map(all.map((flow) => [flow.name, flow])), 1);
    lanes.enter('new-0', 'queued', 1);
    lanes.expect('new-0', 'queued', { due: 1, id: 9 }, 1);
    lanes.move('one-0', 'running', null, 1);
    expect(lanes.take(1)?.lane).toBe('new-0');
  });
});

describe('what waits costs little', () => {
  const MANY = 20_000;

  test('of many flows each is granted its slot in turn', () => {
    const lanes = waiting(
      Array.from({ length: MANY }, (_, index) => index % 3),
      1,
    );
    const served = new Set<string | undefined>();
    for (let n = 0; n < MANY; n++) served.add(serve(lanes, n));
    expect(served.size).toBe(MANY);
  });

  test('of many projects each is granted its slot in turn', () => {
    const names = Array.from({ length: MANY }, (_, index) => `p${index}`);
    const flows = names.map((project) => limited(`${project}-0`, { project }));
    const lanes = new Lanes({ slots: 1, since: 0 });
    lanes.useFlows(new Map(flows.map((flow) => [flow.name, flow])), 0);
    for (const { name } of flows) {
      lanes.enter(name, 'queued', 0);
      lanes.expect(name, 'queued', { due: 0, id: 0 }, 0);
    }
    const served = new Set<string | undefined>();
    for (let n = 0; n < MANY; n++) served.add(serve(lanes, n));
    expect(served.size).toBe(MANY);
  });

  test('of many lanes of one flow that share its limit each is granted its slot in turn', () => {
    const key = { text: 'payload.key', of: () => '' };
    const flow = limited('deploy', {
      order: key,
      concurrency: { limit: 2, onFull: 'queue' },
    });
    const lanes = new Lanes({ slots: 8, since: 0 });
    lanes.useFlows(new Map([[flow.name, flow]]), 0);
    for (let n = 0; n < MANY; n++) {
      const lane = `deploy ["${n}",null,null]`;
      lanes.enter(lane, 'queued', n);
      lanes.expect(lane, 'queued', { due: n, id: n }, n);
    }
    const served: string[] = [];
    while (served.length < MANY) {
      const [one, other] = [lanes.take(MANY), lanes.take(MANY)];
      expect(lanes.take(MANY)).toBeUndefined();
      for (const grant of [one, other]) {
        if (grant === undefined) throw new Error('a slot stayed empty');
        served.push(grant.lane);
        lanes.move(grant.lane, 'running', null, MANY);
      }
    }
    expect(served).toEqual(Array.from({ length: MANY }, (_, n) => `deploy ["${n}",null,null]`));
  });
});
