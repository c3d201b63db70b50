import { readFileSync } from 'node:fs';
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
