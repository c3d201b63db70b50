import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';

const RELEASE = fileURLToPath(new URL('../../examples/release', import.meta.url));

function copyRelease(): string {
  const folder = makeFolder();
  cpSync(RELEASE, folder, { recursive: true });
  return folder;
}

interface Shown {
  readonly state: string;
  readonly steps: readonly { readonly id: string; readonly state: string }[];
}

/** Asks for a release, and resolves to what became of its run, a line a step. */
async function release(folder: string, data: object): Promise<readonly string[]> {
  await signalbox(folder, ['emit', 'release.requested', '--data', JSON.stringify(data), '--wait']);
  const { items } = (await signalboxJson(folder, ['runs', '--flow', 'release'])) as {
    readonly items: readonly Shown[];
  };
  const [run] = items;
  return [run?.state ?? '', ...(run?.steps ?? []).map(({ id, state }) => `${id} ${state}`)];
}

describe('the release', () => {
  test('has nothing to find fault with', async () => {
    const { code, stdout } = await signalbox(copyRelease(), ['check', '--strict']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 flow, nothing found.\n' });
  });

  test('goes its way by the event, and does without what is down', async () => {
    const folder = copyRelease();
    await startDaemon(folder);
    expect(await release(folder, { version: '1.2.0', channel: 'stable' })).toEqual([
      'succeeded',
      'changes succeeded',
      'mirror succeeded',
      'announce succeeded',
      'note skipped',
      'alert skipped',
    ]);
    expect(await release(folder, { version: '1.3.0', channel: 'beta' })).toEqual([
      'succeeded',
      'changes succeeded',
      'mirror failed',
      'announce skipped',
      'note succeeded',
      'alert succeeded',
    ]);
    expect(await release(folder, { version: '0.0.1', channel: 'beta' })).toEqual([
      'noop',
      'changes noop',
      'mirror skipped',
      'announce skipped',
      'note skipped',
      'alert skipped',
    ]);
    const { stdout } = await signalbox(folder, ['verify']);
    expect(stdout).toContain('Runs: 2 succeeded, 0 failed, 1 with nothing to do.');
    const missed = await signalboxJson(folder, ['events', '--type', 'mirror.missed']);
    expect(missed).toMatchObject({
      items: [{ data: { why: expect.stringContaining('closed for maintenance') as string } }],
    });
  });
});
