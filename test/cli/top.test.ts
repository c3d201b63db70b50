import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { type Line, type Overview, overviewLines } from '../../src/cli/overview.ts';
import { Picture } from '../../src/cli/picture.ts';
import type { Stats, Status } from '../../src/views/engine-view.ts';
import { inTerminal } from './in-terminal.ts';
import { makeFolder, signalbox, startDaemon } from './signalbox.ts';

const FILES = { 'signalbox.yaml': 'flows: { greet: { on: hello.said, run: [echo, hello] } }\n' };
const HOSTILE = '\u001b[2J\u202e\nsecond line';

const ENDED = {
  succeeded: 0,
  failed: 0,
  noop: 0,
  declined: 0,
  cancelled: 0,
  compensated: 0,
  compensation_stuck: 0,
  called: 0,
};
const STATS: Stats = {
  as_of: 0,
  events: 0,
  dispositions: {
    started: 0,
    coalesced: 0,
    filtered: 0,
    dropped: 0,
    unmatched: 0,
    dead_lettered: 0,
  },
  waiting: 0,
  runs: { queued: 0, running: 0, waiting: 0, paused: 0, ...ENDED },
  queue: [],
  lag: { router: 0 },
  receipts: { duplicates: 0, conflicts: 0, refused: 0, sources: {} },
  storage: { used: null, budget: null, trimmed: 0 },
};
const STATUS: Status = {
  state: 'running',
  degraded: [],
  paused: [],
  lag: 0,
  running: 0,
  slots: 16,
  catalog: undefined,
  pending: undefined,
  sources: [],
  isolation: { way: null, obstacles: [] },
  store: 'sqlite',
  storage: { used: null, budget: null, trimmed: 0 },
};

function overview(at: number, stats: Partial<Stats> = {}, status: Partial<Status> = {}): Overview {
  const parts = { status: { ...STATUS, ...status }, stats: { ...STATS, ...stats } };
  return { url: 'http://127.0.0.1:8765', at, ...parts, runs: [], events: [] };
}

const textsOf = (lines: readonly Line[]): string[] => lines.map(({ text }) => text);

describe('the overview', () => {
  test('tells counts, and between two looks how many came a second', () => {
    const runs = { ...STATS.runs, succeeded: 7, queued: 2 };
    const dispositions = { ...STATS.dispositions, started: 9 };
    const queue = [{ flow: 'slow', depth: 2, age_ms: 61_000 }];
    const now = overview(3_000, { events: 1_230, runs, dispositions, queue }, { running: 3 });
    expect(textsOf(overviewLines(now, overview(1_000, { events: 1_200 })))).toEqual([
      'signalbox running  http://127.0.0.1:8765',
      'events  1,230 in the log 15.0/s',
      'runs    0 running, 2 queued, 7 succeeded',
      '        begun 4.5/s, ended 3.5/s',
      'slots   3 of 16 taken',
      '',
      'QUEUED  RUNS        FOR',
      'slow       2  1 min 1 s',
    ]);
    expect(textsOf(overviewLines(now, undefined))[1]).toBe('events  1,230 in the log');
  });

  test('tells no rate below nothing, where a daemon began anew between two looks', () => {
    const lines = overviewLines(overview(2_000), overview(1_000, { events: 50 }));
    expect(textsOf(lines)[1]).toBe('events  0 in the log 0.0/s');
  });

  test('shows what a name or a reason would do to a terminal', () => {
    const degraded = [{ part: HOSTILE, reason: HOSTILE, since: '2026-11-20T12:00:00.000Z' }];
    const queue = [{ flow: HOSTILE, depth: 1, age_ms: 0 }];
    const lines = overviewLines(overview(0, { queue }, { state: 'degraded', degraded }), undefined);
    expect(textsOf(lines).join('')).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

describe('a picture', () => {
  /** What is written to a screen of this size for these pictures, one after the other. */
  async function drawn(pictures: readonly string[][], size: { width: number; height: number }) {
    const writes: string[] = [];
    const picture = new Picture({
      ...size,
      color: false,
      live: true,
      watched: true,
      open: true,
      print: async (text) => void writes.push(text),
      note: () => {},
    });
    for (const texts of pictures) {
      await picture.draw(texts.map((text) => ({ text, tone: 'plain' })));
    }
    return writes.map((text) => text.replaceAll('\u001b[', '^'));
  }

  test('is drawn in the place of the one before, and clears what was longer', async () => {
    const writes = await drawn([['a', 'b'], ['c']], { width: 80, height: 24 });
    expect(writes).toEqual(['\r^Ka\n^Kb\n^J', '^2A\r^Kc\n^J']);
  });

  test('takes no more lines than the screen has, and no line more than one', async () => {
    const [first] = await drawn([['long and longer', '日本語', 'x', 'y']], { width: 5, height: 4 });
    expect(first).toBe('\r^Klong \n^K日本\n^Kx\n^J');
  });

  test('switches nothing on that a kill could leave on', async () => {
    const writes = await drawn([['a'], ['b']], { width: 80, height: 24 });
    // The mouse, the cursor and the other screen are switched by "ESC [ ?".
    expect(writes.join('')).not.toContain('^?');
  });
});

describe('top', () => {
  test('prints a table into a pipe, and says where no daemon runs', async () => {
    const folder = makeFolder(FILES);
    expect(await signalbox(folder, ['top'])).toMatchObject({ code: 69, stdout: '' });
    const { end } = await startDaemon(folder);
    await signalbox(folder, ['emit', 'hello.said', '--wait']);
    const { code, stdout } = await signalbox(folder, ['top']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^signalbox running {2}http:[^]*\nRUN +FLOW[^]*greet +succeeded/);
    expect(stdout).toMatch(/hello\.said +cli +started\n/);
    expect(stdout).not.toContain('\u001b');
    const json = JSON.parse((await signalbox(folder, ['top', '--json'])).stdout) as object;
    expect(Object.keys(json)).toEqual(['url', 'status', 'stats', 'runs', 'events']);
    await redrawn(folder);
    await end();
  });
});

/** Draws until a signal ends it, and leaves the cursor below the picture. */
async function redrawn(folder: string): Promise<void> {
  const terminal = inTerminal(folder, ['top']);
  if (terminal === undefined) return;
  const { child, said, shows } = terminal;
  await shows('\u001b[J\u001b[');
  child.stdin.write('\u0003');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
  expect(said()).not.toContain('\u001b[?');
}
