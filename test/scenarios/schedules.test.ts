import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ApiClient } from '../crash/api-client.ts';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';

const KILLS = 4;
const SECOND_MS = 1_000;

const SOURCES = `
sources:
  - { type: schedule, every: 1s, catch_up: all, overlap: allow, handler: tick }
`;
const HANDLERS = `
handlers:
  tick: { emit: ticked, data: { last: "{last_run}" } }
`;

interface Fired {
  readonly items: readonly {
    readonly id: string;
    readonly data: { readonly scheduled_time: string; readonly last_run: string };
    readonly disposition?: readonly { readonly outcome: string }[];
  }[];
}

describe('a schedule whose daemon is killed as a run begins', () => {
  test(`${KILLS} times fires each occurrence once, and starts one run of each`, async () => {
    const folder = makeFolder({ 'signalbox.yaml': SOURCES + HANDLERS });
    for (let kill = 0; kill < KILLS; kill++) {
      const daemon = await startDaemon(folder);
      // The first may be of what was caught up with; the second came while it ran.
      await daemon.logged(/run started[^]*run started/);
      await daemon.end('SIGKILL');
    }
    const last = await startDaemon(folder);
    await last.logged(/run succeeded/);
    expect(await last.end()).toBe(0);
    // What it fired in its last moment is answered by one that fires nothing.
    writeFileSync(join(folder, 'signalbox.yaml'), HANDLERS);
    const silent = await startDaemon(folder, ['--apply']);
    await new ApiClient(silent.ready).quiet();
    expect(await silent.end()).toBe(0);

    const { items } = (await signalboxJson(folder, [
      'events',
      'ls',
      '1000',
      '--type',
      'schedule.fired',
    ])) as Fired;
    const times = items
      .map(({ data }) => Date.parse(data.scheduled_time))
      .toSorted((a, b) => a - b);
    const [first = 0] = times;
    expect(times.length).toBeGreaterThanOrEqual(KILLS + 1);
    expect(times).toEqual(times.map((_, index) => first + index * SECOND_MS));
    const before = new Map(items.map(({ data }) => [data.scheduled_time, data.last_run]));
    for (const time of times.slice(1)) {
      const said = before.get(new Date(time).toISOString());
      expect(said).toBe(new Date(time - SECOND_MS).toISOString());
    }
    const runs = (await signalboxJson(folder, ['runs', '--limit', '1000'])) as Fired;
    expect(runs.items).toHaveLength(times.length);
    expect((await signalbox(folder, ['verify'])).code).toBe(0);
  });
});
