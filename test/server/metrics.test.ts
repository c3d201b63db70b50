import { describe, expect, test } from 'vitest';
import { json, openApi, shareApi } from './api.ts';
import { flowOf } from './engine.ts';
import { until } from './until.ts';

const LABEL = String.raw`[a-z]+="(?:[^"\\\n]|\\.)*"`;
const SAMPLE = String.raw`[a-z_]+(?:\{${LABEL}(?:,${LABEL})*\})? -?[0-9.e+-]+`;
const LINE = new RegExp(`^(?:# (?:HELP|TYPE) [a-z_]+ .+|${SAMPLE})$`);

describe('metrics', () => {
  const shared = shareApi({ flows: [flowOf('greet', 'user.created', ['one', 'two'])] });

  test('are refused without the token', async () => {
    const { askBare } = shared();
    expect((await askBare('/metrics')).status).toBe(401);
  });

  test('tell of events, runs, queue, store, requests and process', async () => {
    const { ask } = shared();
    await ask('/api/v1/events', json({ type: 'user.created' }));
    await ask('/no/such/path/at/all');
    const text = await until(async () => {
      const answer = await ask('/metrics');
      expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
      return answer.text.includes('signalbox_runs_total{') ? answer.text : undefined;
    });
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(LINE);
    expect(text).toContain('signalbox_runs_total{flow="greet",state="succeeded"} 1\n');
    expect(text).toContain('signalbox_events_total{disposition="started"} 1\n');
    expect(text).toContain('signalbox_queue_depth 0\n');
    expect(text).toMatch(/signalbox_store_bytes\{file="wal"\} [1-9]/);
    expect(text).toContain(
      'signalbox_http_requests_total{route="unknown",method="GET",code="404"} 1\n',
    );
    expect(text).toContain(
      'signalbox_http_requests_total{route="refused",method="GET",code="401"}',
    );
    expect(text).toMatch(/process_resident_memory_bytes [1-9]/);
    expect(text).not.toContain('/no/such');
  });

  test('are told in OpenMetrics to who asks for that', async () => {
    const { ask } = shared();
    const accept = 'application/openmetrics-text; version=1.0.0';
    const { text, headers } = await ask('/metrics', { headers: { accept } });
    expect(headers['content-type']).toContain('application/openmetrics-text');
    expect(text.endsWith('# EOF\n')).toBe(true);
  });

  test('have as many series, whatever paths and methods are asked for', async () => {
    const { ask, askBare } = shared();
    const series = async (): Promise<number> =>
      (await ask('/metrics')).text.split('\n').filter((line) => /_http_requests/.test(line)).length;
    await askBare('/x');
    await ask('/x0', { method: 'PROPFIND' });
    await ask('/api/v1/runs/x0');
    const before = await series();
    for (let i = 1; i < 50; i++) {
      await askBare(`/${i}`);
      await ask(`/x${i}`, { method: i % 2 === 0 ? 'PROPFIND' : 'REPORT' });
      await ask(`/api/v1/runs/x${i}`);
    }
    expect(await series()).toBe(before);
  });
});

test('metrics are open to everybody where the settings say so', async () => {
  const { askBare } = await openApi({ settings: { security: { open_metrics: true } } });
  expect((await askBare('/metrics')).status).toBe(200);
});
