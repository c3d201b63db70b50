import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';
import { json, openApi } from '../server/api.ts';
import { until } from '../server/until.ts';
import { openCollector, type ReceivedSpan } from './collector.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const PRINT = 'process.stdout.write(process.env.TRACEPARENT)';
const SECRET = 'hunter2-in-a-payload';

const FLOWS = [
  {
    name: 'greet',
    on: { event: 'user.created' },
    steps: [
      { id: 'run', run: [process.execPath, '-e', PRINT] },
      {
        id: 'both',
        parallel: [
          { id: 'left', echo: '{payload.secret}' },
          { id: 'right', call: 'sub' },
        ],
      },
      { id: 'tell', emit: 'greeted' },
    ],
  },
  { name: 'sub', on: { event: 'nothing' }, steps: [{ id: 'inner', echo: 'x' }] },
  { name: 'next', on: { event: 'greeted' }, steps: [{ id: 'last', echo: 'x' }] },
  { name: 'after', on: { event: 'run.failed' }, steps: [{ id: 'mourn', echo: 'x' }] },
  { name: 'bad', on: { event: 'user.failed' }, steps: [{ id: 'fails', echo: 'fail' }] },
];

describe('traces are sent by OTLP over HTTP', () => {
  test('one span for a run and one for each step, in the trace that came in', async () => {
    const collector = await openCollector();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-tenant=ours');
    const { ask } = await openApi({ flows: FLOWS });
    vi.unstubAllEnvs();
    const event = { type: 'user.created', data: { secret: SECRET } };
    await ask('/api/v1/events', json(event, { traceparent: TRACEPARENT }));
    const named = await until(() => {
      const names = ['greet', 'run', 'both', 'left', 'right', 'sub', 'inner', 'tell', 'next'];
      const found = names.map((name) => [name, collector.named(name)] as const);
      return found.every(([, span]) => span) ? new Map(found) : undefined;
    });
    expect(collector.last()).toMatchObject({ path: '/v1/traces', 'x-tenant': 'ours' });
    const span = (name: string): ReceivedSpan => named.get(name) as ReceivedSpan;
    for (const { traceId } of collector.spans) expect(traceId).toBe(TRACE);
    const parents = [...named].map(([name, { parentSpanId } = span(name)]) => {
      const parent = [...named].find(([, other]) => other?.spanId === parentSpanId);
      return `${name} < ${parent?.[0] ?? parentSpanId}`;
    });
    expect(parents).toEqual([
      'greet < 00f067aa0ba902b7',
      'run < greet',
      'both < greet',
      'left < both',
      'right < both',
      'sub < right',
      'inner < sub',
      'tell < greet',
      'next < tell',
    ]);
    // What the command was told is the span that was sent of it.
    const { json: runs } = await ask('/api/v1/runs?flow=greet');
    const [run] = runs['items'] as { steps: { id: string; output: unknown }[] }[];
    const printed = run?.steps.find(({ id }) => id === 'run')?.output;
    expect(printed).toBe(`00-${TRACE}-${span('run').spanId}-01`);
    expect(collector.bodies.join('')).not.toContain(SECRET);
    expect((await ask('/metrics')).text).toMatch(/signalbox_spans_total\{result="sent"\} [1-9]/);
  });

  test('with the code of what failed, and a chain of events is one trace', async () => {
    const collector = await openCollector();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    const { ask } = await openApi({ flows: FLOWS });
    vi.unstubAllEnvs();
    await ask('/api/v1/events', json({ type: 'user.failed' }));
    const after = await until(() => collector.named('after'));
    const [bad, fails] = [collector.named('bad'), collector.named('fails')];
    expect(bad?.status).toEqual({ code: 2, message: 'run.failed' });
    expect(fails?.status).toEqual({ code: 2, message: 'echo.failed' });
    expect(fails?.events.map(({ name }) => name)).toEqual(['attempt failed']);
    expect(bad?.parentSpanId).toBeUndefined();
    expect(after).toMatchObject({ traceId: bad?.traceId, parentSpanId: bad?.spanId });
    await ask('/api/v1/events', json({ type: 'user.created', data: { secret: 'x' } }));
    const next = await until(() => collector.named('next'));
    const { spanId: parentSpanId, traceId } = collector.named('greet') ?? {};
    expect(next).toMatchObject({ traceId, parentSpanId });
  });

  test('nothing where whoever began the trace does not record it', async () => {
    const collector = await openCollector();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    const { ask } = await openApi({ flows: FLOWS });
    vi.unstubAllEnvs();
    const headers = { traceparent: TRACEPARENT.replace(/01$/, '00') };
    await ask('/api/v1/events', json({ type: 'user.created', data: { secret: 'x' } }, headers));
    await ask('/api/v1/events', json({ type: 'user.failed' }));
    await until(() => collector.named('after'));
    expect(collector.named('greet')).toBeUndefined();
  });
});

test('a run that was cut in two by kill -9 is whole spans, each once', async () => {
  const steps = `[{ id: one, run: [sh, -c, "echo 1"] }, { id: nap, run: [sh, wait.sh] }]`;
  const folder = makeFolder({
    'signalbox.yaml': `flows:\n  cut: { on: cut.asked, steps: ${steps} }\n`,
    'wait.sh': 'if [ -e again ]; then exit 0; fi; touch again; sleep 600\n',
  });
  const collector = await openCollector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const first = await startDaemon(folder, [], { env });
  await signalbox(folder, ['emit', 'cut.asked']);
  await until(() => {
    try {
      return readFileSync(join(folder, 'again'));
    } catch {
      return undefined;
    }
  });
  await first.end('SIGKILL');
  expect(collector.spans).toEqual([]);
  const second = await startDaemon(folder, [], { env });
  await until(() => collector.named('cut'));
  await second.end();
  expect(collector.spans.map(({ name }) => name).toSorted()).toEqual(['cut', 'nap', 'one']);
  const [run, one] = [collector.named('cut'), collector.named('one')];
  expect(one?.parentSpanId).toBe(run?.spanId);
  expect(BigInt(run?.startTimeUnixNano ?? 0)).toBeLessThanOrEqual(
    BigInt(one?.startTimeUnixNano ?? 0),
  );
});
