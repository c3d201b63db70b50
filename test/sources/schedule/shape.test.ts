import { describe, expect, test } from 'vitest';
import { parseFiles, type ParsedFiles } from '../../../src/flows/parse.ts';
import { variablesOf } from '../../../src/flows/variables.ts';
import { scheduleShape } from '../../../src/sources/schedule/shape.ts';
import { formatFinding } from '../../../src/std/diagnostics.ts';
import { builtInShapes } from '../../../src/steps/shapes.ts';

const DAY_MS = 86_400_000;

describe('a schedule', () => {
  test('needs its times and nothing else', () => {
    const { sources, findings } = parse('cron: "0 9 * * MON"');
    expect(findings).toEqual([]);
    expect(sources.get('schedule:h')).toEqual({
      name: 'schedule:h',
      type: 'schedule',
      handlers: ['h'],
      trust: 'trusted',
      config: {
        cron: '0 9 * * MON',
        timezone: 'UTC',
        catch_up: 'last',
        catch_up_window: 30 * DAY_MS,
        overlap: 'skip',
        jitter: 0,
      },
    });
  });

  test('may say all of it', () => {
    const all = 'every: 10s, timezone: Asia/Kolkata, catch_up: all, catch_up_window: 1h';
    const { sources, findings } = parse(`${all}, overlap: queue, jitter: 500ms`);
    expect(findings).toEqual([]);
    expect(sources.get('schedule:h')?.config).toEqual({
      every: 10_000,
      timezone: 'Asia/Kolkata',
      catch_up: 'all',
      catch_up_window: 3_600_000,
      overlap: 'queue',
      jitter: 500,
    });
  });

  test.each([
    ['skip', 'drop'],
    ['replace', 'replace'],
  ])('with overlap: %s limits its handler by on_full: %s', (overlap, onFull) => {
    const { flows } = parse(`every: 10s, overlap: ${overlap}`);
    expect(flows.get('h')?.concurrency).toMatchObject({ limit: 1, onFull });
    const heard = { event: 'schedule.fired', source: 'schedule:h' };
    expect(flows.get('h')?.triggers).toEqual([{ pattern: heard }]);
  });

  test('tells its events, so that a flow may be written for them', () => {
    const { findings } = parse('every: 10s', 'flows: { f: { on: schedule.missed, emit: x } }');
    expect(findings).toEqual([]);
  });
});

describe('a schedule that is wrong is told the place and the remedy', () => {
  const forms = 'write 0-7 or SUN-SAT, or "*", "1-5", "*/2", "1,15"';

  test.each([
    [
      'cron: "0 9 * * MOON"',
      `1:48: error: "cron": the weekday "MOON" cannot be read, did you mean "MON"?; ${forms}`,
    ],
    [
      'timezone: UTC',
      '1:12: error: a source of type schedule: needs a "cron" such as "0 9 * * MON", or "every" ' +
        'with a duration such as 10m',
    ],
    [
      'cron: "@daily", every: 1d',
      '1:12: error: a source of type schedule: has both "cron" and "every"; keep the one that is ' +
        'meant',
    ],
    [
      'every: 1d, timezone: Europa/Berlin',
      '1:63: error: "timezone": "Europa/Berlin" is no time zone; did you mean "Europe/Berlin"?',
    ],
    ['every: 10', '1:49: error: "every": needs a unit, as in "500ms", "30s", "5m" or "1h30m"'],
    ['every: 100ms', '1:49: error: "every": must be at least 1s'],
    ['every: 900d', '1:49: error: "every": must be at most 366d; write a cron such as "0 9 1 1 *"'],
    ['every: 1d, catch_up: first', '1:63: error: "catch_up": expected one of "skip"|"last"|"all"'],
    [
      'every: 1d, overlap: drop',
      '1:62: error: "overlap": expected one of "skip"|"queue"|"replace"|"allow"',
    ],
    [
      'every: 1d, time_zone: UTC',
      '1:53: error: unknown key "time_zone" in a source of type schedule, did you mean "timezone"?',
    ],
  ])('%s', (written, finding) => {
    // Where the source is wrong, its handler is named by none.
    const [first] = parse(written).findings;
    expect(first?.replace(/ \[config\.\w+\]$/, '')).toBe(finding);
  });
});

function parse(
  written: string,
  more = '',
): Pick<ParsedFiles, 'flows' | 'sources'> & { readonly findings: readonly string[] } {
  const text = `sources: [ { type: schedule, handler: h, ${written} } ]
handlers: { h: { emit: x } }
${more}`;
  const parsed = parseFiles([{ path: 'signalbox.yaml', text }], {
    shapes: builtInShapes,
    sourceShapes: [scheduleShape],
    variables: variablesOf({ env: {}, readFile: () => '' }),
    settings: { keys: [], read: () => undefined },
  });
  const findings = parsed.findings.map((finding) =>
    formatFinding(finding).replace(/^signalbox\.yaml:/, ''),
  );
  return { ...parsed, findings };
}
