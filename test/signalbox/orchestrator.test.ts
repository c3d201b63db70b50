import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type {
  createOrchestrator as CreateOrchestrator,
  EventDrivenOrchestrator,
} from '../../src/signalbox/orchestrator.ts';
import { until } from '../server/until.ts';

/** Its store works in a thread of its own, which only the built package can start. */
const PACKAGE = new URL('../../dist/index.js', import.meta.url).href;
const CONFIGURATION = `
handlers:
  greet: { steps: [ { id: say, emit: greeted, data: { text: "hello {payload.name}" } } ] }
  date: { steps: [ { emit: dated, data: { at: "{event.time}" } } ] }
  fail: { steps: [ { id: stop, run: [node, -e, "process.exit(3)"], retry: { attempts: 1 } } ] }
`;

async function orchestrator(): Promise<EventDrivenOrchestrator> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-orchestrator-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const config = join(folder, 'signalbox.yaml');
  writeFileSync(config, CONFIGURATION);
  const { createOrchestrator } = (await import(PACKAGE)) as {
    createOrchestrator: typeof CreateOrchestrator;
  };
  const made = createOrchestrator({ config, dataDirectory: join(folder, 'data'), env: {} });
  onTestFinished(() => made.stop());
  return made;
}

const EVENT = { type: 'manual', source: 'tests', payload: { name: 'Ada' } } as const;

test('handle_event: "Process a single event through its handler"', async () => {
  const made = await orchestrator();
  await expect(made.handleEvent(EVENT, 'greet')).rejects.toMatchObject({
    code: 'orchestrator.not_started',
  });
  await made.start();
  expect(await made.handleEvent(EVENT, 'greet')).toMatchObject({
    event_id: expect.stringMatching(/^sb/) as string,
    success: true,
    actions_taken: ['greet/say'],
    error: null,
  });
  expect(await made.handleEvent(EVENT, 'fail')).toMatchObject({
    success: false,
    actions_taken: [],
    error: expect.stringContaining('fail failed') as string,
  });
  const timestamp = '2026-01-02T03:04:05Z';
  expect(await made.handleEvent({ ...EVENT, timestamp }, 'date')).toMatchObject({ success: true });
  const [dated] = await made.box.store.read({ after: 0, limit: 1, type: 'dated' });
  expect(dated?.data).toBe(JSON.stringify({ at: timestamp }));
  await expect(made.handleEvent({ ...EVENT, timestamp: 'today' }, 'date')).rejects.toMatchObject({
    code: 'event.invalid',
  });
  await expect(made.handleEvent(EVENT, 'great')).rejects.toMatchObject({ code: 'flow.unknown' });
});

test('register_source: "Register an event source and its handler"', async () => {
  const made = await orchestrator();
  await made.registerSource('schedule', { every: '1s', name: 'early' }, 'greet');
  await made.start();
  await made.registerSource('schedule', { every: '1s', name: 'late' }, 'greet');
  const { box } = made;
  expect(box.sources().map(({ name }) => name)).toEqual(['schedule:early', 'schedule:late']);
  const started = await until(async () => {
    const runs = await box.store.runs({ limit: 10, flow: 'greet' });
    return runs.length > 0 ? runs : undefined;
  });
  expect(started[0]?.flow).toBe('greet');
  const bad = made.registerSource('schedule', { every: 'soon' }, 'greet');
  await expect(bad).rejects.toMatchObject({ code: 'config.invalid' });
  expect(box.sources()).toHaveLength(2);
  const [wrong, right] = await Promise.allSettled([
    made.registerSource('schedule', { every: 'soon', name: 'wrong' }, 'greet'),
    made.registerSource('schedule', { every: '1h', name: 'right' }, 'greet'),
  ]);
  expect([wrong.status, right.status]).toEqual(['rejected', 'fulfilled']);
  expect(box.sources().map(({ name }) => name)).toContain('schedule:right');
});

test('sources registered at once are each registered or refused for themselves', async () => {
  const made = await orchestrator();
  const starting = made.start();
  await made.registerSource('schedule', { every: '1h', name: 'early' }, 'greet');
  await starting;
  const registered = await Promise.allSettled([
    made.registerSource('schedule', { every: 'soon', name: 'bad' }, 'greet'),
    made.registerSource('schedule', { every: '1h', name: 'good' }, 'greet'),
  ]);
  expect(registered.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  await made.registerSource('schedule', { every: '1h', name: 'late' }, 'greet');
  const names = made.box.sources().map(({ name }) => name);
  expect(names).toEqual(['schedule:early', 'schedule:good', 'schedule:late']);
});

test('it can be started again after a stop, with all that was registered', async () => {
  const made = await orchestrator();
  await made.registerSource('schedule', { every: '1h', name: 'kept' }, 'greet');
  await Promise.all([made.start(), made.start()]);
  await made.stop();
  await expect(made.handleEvent(EVENT, 'greet')).rejects.toMatchObject({
    code: 'orchestrator.not_started',
  });
  await made.start();
  expect(made.box.sources().map(({ name }) => name)).toEqual(['schedule:kept']);
  expect(await made.handleEvent(EVENT, 'greet')).toMatchObject({ success: true });
});
