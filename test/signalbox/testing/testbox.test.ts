import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { flow } from '../../../src/flows/code/flow.ts';
import {
  type Testbox,
  testbox,
  type TestboxOptions,
} from '../../../src/signalbox/testing/testbox.ts';
import { RetryableError } from '../../../src/std/errors.ts';

async function opened(options: TestboxOptions): Promise<Testbox> {
  const box = await testbox(options);
  onTestFinished(() => box.stop());
  return box;
}

const REMINDER = flow('remind', { on: 'order.placed' }, (step) => [
  step.sleep('2h'),
  step.http('ask', { url: 'https://example.com/orders/{payload.id}' }),
  step.emit('order.reminded', { status: '{ask.status}' }),
]);

test('channels tell nobody, and it is recorded what they would tell', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-channels-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'signalbox.yaml');
  const ops = { inbox: 'told' };
  const ask = { on: 'asked', steps: [{ notify: ['ops', 'inbox'], message: 'hello' }] };
  writeFileSync(file, JSON.stringify({ channels: { ops }, flows: { ask } }));
  const box = await opened({ config: file });
  await box.emit('asked');
  await box.advance('1m');
  expect(await box.events('notification.sent')).toMatchObject([{ data: { channel: 'ops' } }]);
  expect(readdirSync(folder)).toEqual(['signalbox.yaml']);
});

test('hours pass at once, and what falls due on the way happens at its time', async () => {
  const box = await opened({
    flows: [REMINDER],
    at: '2026-07-16T21:00:00Z',
    answers: { http: { status: 200 } },
  });
  await box.emit('order.placed', { id: 7 });
  expect(await box.runs()).toMatchObject([{ flow: 'remind', state: 'waiting' }]);
  await box.advance('1h59m');
  expect(box.effects).toEqual([]);
  await box.advance('1m');
  expect(box.effects).toMatchObject([
    { kind: 'http', flow: 'remind', step: 'ask', attempt: 1, at: '2026-07-16T23:00:00.000Z' },
  ]);
  expect(box.effects[0]?.input).toMatchObject({ http: { url: 'https://example.com/orders/7' } });
  expect(await box.runs()).toMatchObject([{ state: 'succeeded' }]);
  expect(await box.events('order.reminded')).toMatchObject([{ data: { status: 200 } }]);
  expect(box.now()).toBe('2026-07-16T23:00:00.000Z');
});

test('a schedule fires under the virtual clock, and no other source is opened', async () => {
  const config = {
    sources: [
      { type: 'schedule', every: '1h', name: 'hourly', handler: 'look' },
      { type: 'webhook', path: '/hooks/a', auth: 'none', handler: 'look' },
    ],
    handlers: { look: { steps: [{ run: ['true'] }] } },
  };
  const box = await opened({ config, answers: { run: null } });
  await box.advance('3h');
  expect(box.effects.map(({ at }) => at.slice(11, 16))).toEqual(['01:00', '02:00', '03:00']);
  expect(box.engine.sources().map(({ name }) => name)).toEqual(['schedule:hourly']);
});

test('an answer may fail, and the retry comes at a time that the seed says', async () => {
  const tried = async (seed: number): Promise<readonly string[]> => {
    const flows = [flow('try', {}, (step) => [step.run('it', ['it'], { retry: { delay: '1m' } })])];
    const answers = {
      run: ({ attempt }: { readonly attempt: number }) => {
        if (attempt < 3) throw new RetryableError('not yet');
        return 'done';
      },
    };
    const box = await opened({ flows, answers, seed });
    expect(await box.handle({}, 'try')).toMatchObject({ success: true, output: 'done' });
    return box.effects.map(({ at }) => at);
  };
  const first = await tried(1);
  expect(first).toHaveLength(3);
  expect(await tried(1)).toEqual(first);
  expect(await tried(2)).not.toEqual(first);
});

test('an answer that never comes meets the timeout of its step', async () => {
  const settings = { timeout: '30s', retry: { attempts: 1 } };
  const flows = [flow('hang', {}, (step) => [step.run('it', ['it'], settings)])];
  const box = await opened({ flows, answers: { run: () => new Promise<null>(() => {}) } });
  const result = await box.handle({}, 'hang');
  expect(result.error).toContain('did not end within 30 s');
});

test('a step that nothing answers fails, and says what to give', async () => {
  const flows = [
    flow('ask', {}, (step) => [
      step.of({ id: 'it', run: ['node', 'absent.mjs'], retry: { attempts: 1 } }),
    ]),
  ];
  const box = await opened({ flows });
  const { error } = await box.handle({}, 'ask');
  expect(error).toContain('answers: { run: … }');
});

test('what no time settles is not waited for without an end', async () => {
  const box = await opened({
    flows: [flow('held', {}, (step) => [step.emit('never')])],
  });
  await box.engine.pause('held', { by: 'test' });
  await expect(box.handle({}, 'held')).rejects.toMatchObject({ code: 'test.endless' });
});

test('a bad configuration, duration or time is refused with its place', async () => {
  await expect(testbox({ config: { flows: { a: { on: 'x' } } } })).rejects.toMatchObject({
    code: 'config.invalid',
  });
  await expect(testbox({ at: 'noon' })).rejects.toMatchObject({ code: 'test.invalid' });
  const box = await opened({});
  await expect(box.advance('soon')).rejects.toMatchObject({ code: 'test.invalid' });
});

test('nothing is written beside the files, and nobody outside is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-testbox-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:4318');
  onTestFinished(() => void vi.unstubAllEnvs());
  const config = join(folder, 'signalbox.json');
  const settings = {
    state_file: 'state.json',
    retention: { events: '1h', archive: 'archive' },
    security: { require_isolation: true },
  };
  writeFileSync(config, JSON.stringify(settings));
  const box = await testbox({ config, flows: [REMINDER], answers: { http: { status: 200 } } });
  await box.emit('order.placed', { id: 7 });
  await box.advance('1d');
  const names = (await box.engine.metrics()).map(({ name }) => name);
  await box.stop();
  expect(names).not.toContain('signalbox_spans_total');
  expect(readdirSync(folder)).toEqual(['signalbox.json']);
});
