import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/events/event.ts';
import { LiveLog } from '../../src/cli/live-log.ts';
import type { Json } from '../../src/std/json.ts';

const RUN = 'sb00000000-5';

/** A record of the log, so many milliseconds after noon. */
function event(type: string, data: Json, { seq = 1, ms = 0, cause = RUN } = {}): Event {
  const received = new Date(Date.UTC(2026, 10, 20, 12) + ms).toISOString();
  const own = { id: `sb00000000-${seq}`, source: 'signalbox', time: received };
  const place = { seq, received, correlationid: RUN, causationid: cause, hops: 0 };
  return { specversion: '1.0', ...own, type, data, ...place, trust: 'trusted' };
}

/** The lines about these records, without the time of day. */
function tell(events: readonly Event[], color = false): string[] {
  const log = new LiveLog({ color });
  return events.flatMap((one) => log.lines(one)).map((line) => line.replace(/^[\d:.]+ +/, ''));
}

const STARTED = event('run.started', { flow: 'tests', event: 4 }, { seq: 5 });

describe('the live log', () => {
  test('tells an event in one line, and a run with its steps below it', () => {
    const lines = tell([
      event('file.changed', { files: ['a.ts', 'b.ts'], changes: [] }, { seq: 4 }),
      STARTED,
      event('step.completed', { step: 'build', output: 'x' }, { seq: 6, ms: 20 }),
      event('step.retrying', { step: 'test', error: { message: 'no port' } }, { seq: 7, ms: 90 }),
      event('run.succeeded', { step: 'test', output: null }, { seq: 8, ms: 1_500 }),
    ]);
    expect(lines).toEqual([
      '#4  event  file.changed  from signalbox  a.ts, b.ts',
      '#5  run    tests  for #4',
      '#5    ✓ build  20 ms',
      '#5    ↻ test  retrying: no port  70 ms',
      '#5    ✓ test  1.4 s',
      '#5  tests succeeded after 1.5 s',
    ]);
  });

  test('says why a run failed, once', () => {
    const failed = event('run.failed', { step: 'go', error: { message: 'no' } }, { seq: 6, ms: 9 });
    expect(tell([STARTED, failed]).slice(1)).toEqual([
      '#5    ✗ go  failed: no  9 ms',
      '#5  tests failed after 9 ms',
    ]);
  });

  test('goes on without the beginning of a run', () => {
    expect(tell([event('step.completed', { step: 'a' }), event('run.cancelled', {})])).toEqual([
      '#5    ✓ a',
      '#5  run cancelled',
    ]);
  });

  test.each(['daemon.started', 'catalog.activated', 'receipts.counted', 'step.started'])(
    'leaves out %s, which nobody would miss',
    (type) => {
      expect(tell([event(type, { step: 'a' })])).toEqual([]);
    },
  );

  test('shows what an event would do to a terminal, and shortens what is long', () => {
    const hostile = '\u001b[2J\u202eright to left\nsecond line';
    const lines = tell([
      event(`forged${hostile}`, { text: hostile }),
      event('run.started', { flow: hostile, event: 1 }, { seq: 5 }),
      event('step.failed', { step: hostile, error: { message: hostile } }),
      event('source.degraded', { reason: hostile.repeat(50) }),
    ]);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(300);
  });

  test('is coloured where the terminal shows colours', () => {
    expect(tell([event('run.failed', { step: 'a' })], true).join('')).toContain('\u001b[31m');
  });

  test('remembers so many open runs, and no more', () => {
    const many = Array.from({ length: 1_001 }, (_, i) =>
      event('run.started', { flow: 'many', event: 1 }, { seq: i + 10 }),
    );
    const ended = event('run.succeeded', {}, { cause: 'sb00000000-10', ms: 5 });
    const last = event('run.succeeded', {}, { cause: 'sb00000000-1010', ms: 5 });
    expect(tell([...many, ended, last]).slice(-2)).toEqual([
      '#10  run succeeded',
      '#1010  many succeeded after 5 ms',
    ]);
  });
});
