import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { until } from '../server/until.ts';
import { makeFolder, signalbox, signalboxJson, startDaemon } from './signalbox.ts';

const FLOWS = `
flows:
  deploy: { on: deploy.wanted, steps: [{ emit: deploy.done }] }
  notify: { on: notify.wanted, steps: [{ emit: notify.done }] }
`;

async function statesOf(folder: string): Promise<string[]> {
  const { items } = (await signalboxJson(folder, ['runs', 'ls'])) as {
    readonly items: readonly { readonly flow: string; readonly state: string }[];
  };
  return items.map(({ flow, state }) => `${flow} ${state}`).toSorted();
}

describe('pause and resume', () => {
  test('hold back the runs of one flow, over a restart, until it is resumed', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const daemon = await startDaemon(folder);
    const { code, stdout } = await signalbox(folder, ['pause', 'deploy', '--reason', 'a freeze']);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^Flow deploy is paused since .* by .*: a freeze\n$/);
    await signalbox(folder, ['emit', 'notify.wanted', '--wait']);
    await signalbox(folder, ['emit', 'deploy.wanted']);
    const held = ['deploy queued', 'notify succeeded'];
    await until(async () => (isDeepStrictEqual(await statesOf(folder), held) ? true : undefined));
    expect(await daemon.end()).toBe(0);

    const again = await startDaemon(folder);
    const status = await signalboxJson(folder, ['status']);
    expect(status).toMatchObject({
      state: 'running',
      paused: [{ flow: 'deploy', reason: 'a freeze' }],
    });
    expect(await statesOf(folder)).toEqual(held);
    expect(await signalboxJson(folder, ['stats'])).toMatchObject({
      queue: [{ flow: 'deploy', depth: 1 }],
    });
    const resumed = await signalbox(folder, ['resume', 'deploy']);
    expect(resumed).toMatchObject({ code: 0, stdout: 'Nothing is paused.\n' });
    const done = ['deploy succeeded', 'notify succeeded'];
    await until(async () => (isDeepStrictEqual(await statesOf(folder), done) ? true : undefined));
    expect(await signalboxJson(folder, ['verify'])).toMatchObject({ ok: true });
    expect(await again.end()).toBe(0);
  });

  test('begin with everything held back by up --paused', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const { end } = await startDaemon(folder, ['--paused']);
    await signalbox(folder, ['emit', 'deploy.wanted']);
    await until(async () => ((await statesOf(folder)).length === 1 ? true : undefined));
    expect(await signalboxJson(folder, ['status'])).toMatchObject({ state: 'paused' });
    expect((await signalbox(folder, ['status'])).stdout).toContain('Everything is paused since');
    expect(await statesOf(folder)).toEqual(['deploy queued']);
    await signalbox(folder, ['resume']);
    await until(async () =>
      isDeepStrictEqual(await statesOf(folder), ['deploy succeeded']) ? true : undefined,
    );
    expect(await end()).toBe(0);
  });

  test('name the flows there are, where there is none of that name', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const { end } = await startDaemon(folder);
    for (const verb of ['pause', 'resume']) {
      const { code, stderr } = await signalbox(folder, [verb, 'deplay']);
      expect(code).toBe(2);
      expect(stderr).toBe(
        'signalbox: There is no flow "deplay", did you mean "deploy"? ' +
          'In force are: deploy, notify.\n',
      );
    }
    await end();
  });

  test('are refused with a reason that the log cannot keep', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const { ready, end } = await startDaemon(folder);
    const reasons = { 'is empty': '', 'holds a control': 'a\tb', 'has 2000': 'x'.repeat(2_000) };
    const authorization = `Bearer ${readFileSync(ready.token_file, 'utf8').trim()}`;
    for (const [problem, reason] of Object.entries(reasons)) {
      const { code, stderr } = await signalbox(folder, ['pause', 'deploy', '--reason', reason]);
      expect(code).toBe(2);
      expect(stderr).toContain(`signalbox: "reason" ${problem}`);
      const answer = await fetch(`${ready.url}/api/v1/pause`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ flow: 'deploy', reason }),
      });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'repair.invalid' });
    }
    expect(await signalboxJson(folder, ['status'])).toMatchObject({ paused: [] });
    await end();
  });

  test('say so where no daemon runs, and where nothing changes', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    expect((await signalbox(folder, ['pause'])).code).toBe(69);
    const { end } = await startDaemon(folder);
    const { stdout } = await signalbox(folder, ['resume']);
    expect(stdout).toBe('Nothing has changed.\nNothing is paused.\n');
    await end();
  });
});

/** Notes that it begins, and ends when it may. */
const WAITS = `
const { appendFileSync, existsSync } = require('fs');
appendFileSync(process.argv[1] + '.begun', process.env.SIGNALBOX_ATTEMPT + ' ');
setInterval(() => existsSync('go') && process.exit(), 10);
`;

describe('pause --now', () => {
  test('stops what may be called again where it is, over a kill, until it is resumed', async () => {
    const waits = (name: string): object => ({ id: name, run: ['node', '-e', WAITS, name] });
    const flows = {
      often: { on: 'wanted', steps: [waits('often'), { emit: 'often.done' }] },
      once: { on: 'wanted', steps: [{ ...waits('once'), effect: 'ask' }, { emit: 'once.done' }] },
    };
    const folder = makeFolder({ 'signalbox.yaml': JSON.stringify({ flows }) });
    const begun = (name: string): string => {
      const file = join(folder, `${name}.begun`);
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    };
    const reach = (states: readonly string[]): Promise<true> =>
      until(async () => (isDeepStrictEqual(await statesOf(folder), states) ? true : undefined));
    const daemon = await startDaemon(folder);
    await signalbox(folder, ['emit', 'wanted']);
    await until(() => (begun('often') + begun('once') === '1 1 ' ? true : undefined));
    const { stdout } = await signalbox(folder, ['pause', '--now', '--reason', 'fire']);
    expect(stdout).toMatch(/^Everything is paused since .* by .*: fire; what was under way stops/);
    await reach(['often waiting', 'once running']);
    const { items } = (await signalboxJson(folder, ['runs', 'ls', '--flow', 'often'])) as {
      readonly items: readonly { readonly reason: string }[];
    };
    expect(items[0]?.reason).toMatch(/^It was told to end: .* has paused its flow at once\.$/);
    writeFileSync(join(folder, 'go'), '');
    await reach(['often waiting', 'once waiting']);
    await daemon.end('SIGKILL');

    const again = await startDaemon(folder);
    expect(await signalboxJson(folder, ['status'])).toMatchObject({
      paused: [{ flow: null, now: true }],
    });
    expect(await statesOf(folder)).toEqual(['often waiting', 'once waiting']);
    await signalbox(folder, ['resume']);
    await reach(['often succeeded', 'once succeeded']);
    expect({ often: begun('often'), once: begun('once') }).toEqual({ often: '1 2 ', once: '1 ' });
    expect(await signalboxJson(folder, ['verify'])).toMatchObject({ ok: true });
    expect(await signalboxJson(folder, ['rebuild', '--check'])).toMatchObject({ ok: true });
    expect(await again.end()).toBe(0);
  });

  test('makes a pause harder that is in force, and says no more twice', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const { end } = await startDaemon(folder);
    await signalbox(folder, ['pause', 'deploy']);
    const { stdout } = await signalbox(folder, ['pause', 'deploy', '--now']);
    expect(stdout).toMatch(/^Flow deploy is paused since .*; what was under way stops/);
    for (const flags of [['--now'], []]) {
      const twice = await signalbox(folder, ['pause', 'deploy', ...flags]);
      expect(twice.stdout).toMatch(/^Nothing has changed\.\nFlow deploy is paused .* stops/);
    }
    expect(await end()).toBe(0);
  });
});
