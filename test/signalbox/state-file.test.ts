import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../fixtures/until.ts';
import { until as untilThere } from '../server/until.ts';
import { openHarness } from '../sources/harness.ts';

const YAML = `
state_file: state/event-state.json
flows:
  quick: { on: x, emit: y }
  slow: { on: slow, steps: [ { sleep: 1h } ] }
`;

interface State {
  readonly as_of: number;
  readonly processed_events: readonly string[];
  readonly pending_queue: readonly { readonly flow: string | null }[];
  readonly handler_state: Readonly<
    Record<string, { readonly flow: string; readonly state: string }>
  >;
}

function stateIn(folder: string): State | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'state/event-state.json'), 'utf8')) as State;
  } catch {
    return undefined;
  }
}

describe('003: state_file, a readable copy of last_run, processed_events, pending_queue', () => {
  test('is written anew after a change, and holds what handlers are at', async () => {
    const { box, directory } = await openHarness({ yaml: YAML });
    const event = { source: 'tests', data: '{}' };
    await box.emit({ ...event, type: 'x', id: 'one' });
    await box.emit({ ...event, type: 'slow', id: 'two' });
    const state = (): State | undefined => stateIn(directory);
    const handlers = (): State['handler_state'][string][] =>
      Object.values(state()?.handler_state ?? {});
    const isDone = (): boolean =>
      state()?.processed_events.length === 3 && handlers()[0]?.state === 'waiting';
    await until(isDone);
    expect(state()).toMatchObject({
      last_run: {},
      pending_queue: [],
      processed_events: ['one', 'two', expect.any(String)],
    });
    expect(handlers()).toMatchObject([{ flow: 'slow', state: 'waiting' }]);
  });

  test('is made from the log: where it is gone, the next daemon writes it again', async () => {
    const first = await openHarness({ yaml: YAML });
    await first.box.emit({ source: 'tests', data: '{}', type: 'heard.by.nobody', id: 'one' });
    await first.box.stop();
    const before = stateIn(first.directory);
    expect(before?.processed_events).toEqual(['one']);
    writeFileSync(
      join(first.directory, 'state/event-state.json'),
      '{"last_run":0,"handler_state":0}',
    );
    const again = await openHarness({ yaml: YAML, directory: first.directory });
    await again.box.stop();
    expect(stateIn(first.directory)?.processed_events).toEqual(['one']);
  });

  test('holds what waits, such as the runs of a flow that is paused', async () => {
    const { box, directory } = await openHarness({ yaml: YAML });
    await box.pause('quick', { by: 'tests' });
    await box.emit({ source: 'tests', data: '{}', type: 'x', id: 'one' });
    const waiting = (): State['pending_queue'] => stateIn(directory)?.pending_queue ?? [];
    await until(() => waiting().some(({ flow }) => flow === 'quick'));
    expect(waiting()).toEqual([
      { event: expect.any(String), flow: 'quick', run: expect.any(String) },
    ]);
  });
});

test('no source tells that it was written: each such event would make the next', async () => {
  const sources = [{ type: 'file_change', path: '.', handler: 'answer', debounce_ms: 1 }];
  const handlers = { answer: { emit: 'answered' } };
  const yaml = JSON.stringify({ state_file: 'state/event-state.json', sources, handlers });
  const { box, directory, records } = await openHarness({ yaml });
  const emit = (id: string) => box.emit({ source: 'tests', data: '{}', type: 'x', id });
  for (const id of ['one', 'two']) {
    await emit(id);
    await until(() => stateIn(directory)?.processed_events.includes(id) === true);
  }
  writeFileSync(join(directory, 'mine.txt'), '');
  await untilThere(async () => (await records('answered'))[0]);
  const told = (await records('file.changed')).map(({ data }) => JSON.parse(data) as object);
  expect(told).toMatchObject([{ files: ['mine.txt'] }]);
});

test('a file of that name that is none of ours is left alone', async () => {
  const { box, directory } = await openHarness({ yaml: 'flows: {}\n' });
  await box.stop();
  mkdirSync(join(directory, 'state'));
  writeFileSync(join(directory, 'state/event-state.json'), '{"mine":true}');
  const again = await openHarness({ yaml: YAML, directory });
  await again.box.emit({ source: 'tests', data: '{}', type: 'x' });
  await again.box.stop();
  expect(stateIn(directory)).toEqual({ mine: true });
});
