import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';

const QUICKSTART = fileURLToPath(new URL('../../examples/quickstart', import.meta.url));
const FILES = ['signalbox.yaml', 'write.mjs', 'count.mjs'];

function copyQuickstart(): string {
  const folder = makeFolder();
  for (const name of FILES) cpSync(join(QUICKSTART, name), join(folder, name));
  return folder;
}

interface RunPage {
  readonly items: readonly { readonly state: string; readonly steps: readonly object[] }[];
}

describe('the quickstart', () => {
  test('has nothing to find fault with', async () => {
    const { code, stdout } = await signalbox(copyQuickstart(), ['check', '--strict']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '3 flows, nothing found.\n' });
  });

  test('shows a run of three steps at its start', async () => {
    const folder = copyQuickstart();
    const { logged } = await startDaemon(folder);
    await logged(/run succeeded.* flow=greet/);
    expect(await signalboxJson(folder, ['runs', '--flow', 'greet'])).toMatchObject({
      items: [
        {
          state: 'succeeded',
          steps: [
            { id: 'write', output: { text: 'Hello, newcomer!' } },
            { id: 'tell' },
            { id: 'count', output: { greetings: 1 } },
          ],
        },
      ],
    });
  });

  test('greets a stranger where the event names nobody', async () => {
    const folder = copyQuickstart();
    await startDaemon(folder);
    expect((await signalbox(folder, ['emit', 'greeting.requested', '--wait'])).code).toBe(0);
    expect(readFileSync(join(folder, 'greetings.log'), 'utf8')).toContain('Hello, stranger!');
  });

  test('ends a journey that a killed daemon began, and writes each line once', async () => {
    const folder = copyQuickstart();
    const first = await startDaemon(folder);
    await signalbox(folder, ['emit', 'journey.requested']);
    const journey = async (): Promise<RunPage['items'][number] | undefined> =>
      ((await signalboxJson(folder, ['runs', '--flow', 'journey'])) as RunPage).items[0];
    for await (const { type } of new ApiClient(first.ready).stream('step.waiting')) {
      if (type === 'step.waiting') break;
    }
    await first.end('SIGKILL');

    const second = await startDaemon(folder);
    await second.logged(/run succeeded.* flow=journey/);
    expect(await journey()).toMatchObject({
      state: 'succeeded',
      steps: [{ attempts: 1 }, { attempts: 1 }, { attempts: 1 }],
    });
    const lines = readFileSync(join(folder, 'greetings.log'), 'utf8').trimEnd().split('\n');
    const keys = lines.map((line) => line.split(' ', 1)[0]);
    expect(new Set(keys).size).toBe(keys.length);
    expect(lines.filter((line) => line.includes('traveller'))).toHaveLength(2);
  });
});
