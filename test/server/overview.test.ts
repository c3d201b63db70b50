import { describe, expect, test } from 'vitest';
import type { GraphEdge, GraphNode } from '../../src/views/graph-view.ts';
import type { TimerView } from '../../src/views/timer-view.ts';
import { json, shareApi } from './api.ts';
import { flowOf } from './engine.ts';
import { until } from './until.ts';

const FLOWS = [
  {
    name: 'greet',
    on: { event: 'user.created', where: 'payload.n > 0' },
    steps: [
      { id: 'tell', emit: ['greeted', '{payload.more}'] },
      {
        id: 'both',
        parallel: [
          { id: 'left', call: 'ship' },
          { id: 'right', sleep: '1h' },
        ],
      },
      { id: 'if', if: 'true', then: [{ id: 'late', emit: 'late' }] },
      { id: 'all', each: '{payload.items}', as: 'item', do: [{ id: 'one', emit: 'one' }] },
    ],
  },
  flowOf('ship', 'order.placed', ['x']),
  { name: 'naps', on: { event: 'nap.asked' }, steps: [{ id: 'nap', sleep: '{payload.time}' }] },
  {
    name: 'gathers',
    on: { event: 'file.saved' },
    debounce: { wait: '2h' },
    steps: [{ id: 's', echo: 'x' }],
  },
];
const SETTINGS = {
  sources: [{ type: 'schedule', name: 'weekly', cron: '0 9 * * MON', handler: 'report' }],
  handlers: { report: { steps: [{ id: 's', echo: 'x' }] } },
};

describe('the whole at a glance', () => {
  const shared = shareApi({ flows: FLOWS, settings: SETTINGS });

  test('is a graph of who answers whom', async () => {
    const { json: graph } = await shared().ask('/api/v1/graph');
    const nodes = (graph['nodes'] as GraphNode[]).map(({ id }) => id);
    const edges = graph['edges'] as GraphEdge[];
    expect(nodes).toEqual(
      expect.arrayContaining(['source:schedule:weekly', 'flow:report', 'event:greeted']),
    );
    const from = edges.filter((edge) => edge.from === 'flow:greet');
    expect(from).toEqual([
      { from: 'flow:greet', to: 'event:greeted', kind: 'emits', step: 'tell' },
      { from: 'flow:greet', to: 'flow:ship', kind: 'calls', step: 'left' },
      { from: 'flow:greet', to: 'event:late', kind: 'emits', step: 'late' },
      { from: 'flow:greet', to: 'event:one', kind: 'emits', step: 'one' },
    ]);
    const into = (to: string): GraphEdge[] => edges.filter((edge) => edge.to === to);
    expect(into('flow:greet')).toEqual([
      { from: 'event:user.created', to: 'flow:greet', kind: 'starts', where: 'payload.n > 0' },
    ]);
    // What a source hands over is no event that anybody else emits.
    expect(into('flow:report')).toEqual([
      { from: 'source:schedule:weekly', to: 'flow:report', kind: 'hands' },
    ]);
  });

  test('is what is due, the earliest first', async () => {
    const { ask } = shared();
    for (const time of ['3h', '1h']) {
      await ask('/api/v1/events', json({ type: 'nap.asked', data: { time } }));
    }
    await ask('/api/v1/events', json({ type: 'file.saved' }));
    const items = await until(async () => {
      const found = (await ask('/api/v1/timers')).json['items'] as TimerView[];
      return found.length === 3 ? found : undefined;
    });
    const shown = items.map(({ kind, flow }) => `${kind} ${flow}`);
    expect(shown).toEqual(['run naps', 'window gathers', 'run naps']);
    expect(items.map(({ due }) => due)).toEqual(items.map(({ due }) => due).toSorted());
    const { json: one } = await ask('/api/v1/timers?limit=1');
    expect(one['items']).toEqual(items.slice(0, 1));
    expect((await ask(`/api/v1/runs/${items[0]?.run ?? ''}`)).json).toMatchObject({ flow: 'naps' });
  });

  test("is seed 002's health, and a status that holds it", async () => {
    const { ask } = shared();
    const { json: health } = await ask('/api/v1/health');
    expect(health).toMatchObject({ coordinator_status: 'running', coordination_crises: 0 });
    const { json: status } = await ask('/api/v1/status');
    expect(Object.keys(status)).toEqual(expect.arrayContaining(Object.keys(health)));
    expect(status).toMatchObject({ state: 'running', queue: [] });
    expect(status['handlers']).toEqual([{ name: 'report', open: 0 }]);
  });
});
