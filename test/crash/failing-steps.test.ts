import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Stats } from '../../src/views/engine-view.ts';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from './api-client.ts';
import { expectSoundLog } from './siege.ts';

const EVENTS = 1_000;
const PROGRAM = fileURLToPath(new URL('throwing-daemon.mjs', import.meta.url));

/** F26 of the fault matrix. */
describe('a daemon stays', () => {
  test(`whatever a step's code throws or gives, ${EVENTS} times`, async () => {
    const step = { id: 'act', act: '${{ payload.act }}', retry: { attempts: 2, delay: '1ms' } };
    const flows = { act: { on: 'act.asked', steps: [step] } };
    // Else a flow that fails twice by itself asks, and fails no more.
    const gates = { fall_back_after: 0 };
    const folder = makeFolder({ 'signalbox.yaml': JSON.stringify({ gates, flows }) });
    const child = spawn(process.execPath, [PROGRAM, folder, String(EVENTS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    const said = await text(child.stdout);
    expect(await exit).toEqual([0, null]);
    const { runs } = JSON.parse(said) as Stats;
    const half = EVENTS / 2;
    const open = { queued: 0, running: 0, waiting: 0, paused: 0 };
    const undone = { compensated: 0, compensation_stuck: 0 };
    const ended = { succeeded: half, failed: half, noop: 0, declined: 0, cancelled: 0, called: 0 };
    expect(runs).toEqual({ ...open, ...ended, ...undone });
  });

  test(`when a step cannot be made of its event, ${EVENTS} times`, async () => {
    const greet = { id: 'greet', emit: 'greeted', data: { name: '{payload.name.first}' } };
    const flows = { greet: { on: 'person.came', steps: [greet] } };
    const folder = makeFolder({ 'signalbox.yaml': JSON.stringify({ flows }) });
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    const names = Array.from({ length: EVENTS }, (_, n) =>
      n % 2 === 0 ? { first: 'Ada' } : 'Ada',
    );
    await Promise.all(names.map((name) => client.emit({ type: 'person.came', data: { name } })));

    const half = EVENTS / 2;
    expect((await client.quiet()).runs).toMatchObject({ succeeded: half, failed: half });
    const failed = (await client.runs()).find(({ state }) => state === 'failed');
    expect(failed?.steps[0]?.error).toMatchObject({ code: 'template.undefined' });
    expect(failed?.reason).toContain('payload.name');
    expect(await daemon.end()).toBe(0);
    await expectSoundLog(folder);
  });
});
