import { expect, test } from 'vitest';
import { viewHandlers, viewHealth } from '../../src/views/health-view.ts';

const heard = { events: 50, crises: 3, warnings: 12, responses: 28, responseSeconds: 0.2951 };

test("seed 002: Health Indicators, in the document's own words", () => {
  const status = { state: 'running', lag: 3 } as const;
  expect(viewHealth({ status, heard, uptimeMs: 8_100_000 })).toEqual({
    coordinator_status: 'running',
    uptime: '2h 15m',
    uptime_seconds: 8_100,
    events_processed: 47,
    coordination_crises: 3,
    deadline_warnings: 12,
    responses_sent: 28,
    avg_response_time: '0.3s',
    avg_response_seconds: 0.295,
  });
});

test.each([
  [0, '0s'],
  [999, '0s'],
  [59_999, '59s'],
  [61_000, '1m 1s'],
  [3_600_000, '1h'],
  [90_000_000, '1d 1h'],
])('an uptime of %i ms is %s', (uptimeMs, uptime) => {
  const status = { state: 'degraded', lag: 90 } as const;
  const health = viewHealth({ status, heard: { ...heard, responseSeconds: null }, uptimeMs });
  const none = { events_processed: 0, avg_response_time: null, avg_response_seconds: null };
  expect(health).toMatchObject({ uptime, coordinator_status: 'degraded', ...none });
});

test('handlers are the flows that sources name, each once', () => {
  const source = { type: 'schedule', config: null, trust: 'trusted' };
  const sources = new Map(
    [['morning', ['report', 'tidy']] as const, ['night', ['tidy']] as const].map(
      ([name, handlers]) => [name, { ...source, name, handlers }],
    ),
  );
  const catalog = { sources } as unknown as Parameters<typeof viewHandlers>[0];
  const open = [
    { flow: 'tidy', catalog: 'a', runs: 2 },
    { flow: 'tidy', catalog: 'b', runs: 1 },
    { flow: 'other', catalog: 'b', runs: 9 },
  ];
  expect(viewHandlers(catalog, open)).toEqual([
    { name: 'report', open: 0 },
    { name: 'tidy', open: 3 },
  ]);
});
