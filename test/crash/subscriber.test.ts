import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../server/until.ts';

const PROGRAM = fileURLToPath(new URL('subscriber.mjs', import.meta.url));
const KILLS = 4;
const EVENTS = 300;

interface Told {
  /** The seqs that the program said are acknowledged. */
  readonly acknowledged: number[];
  /** The seqs that its subscriber was told of, in their order, over all its lives. */
  readonly told: () => number[];
}

/** Lets the program live until it has acknowledged so many events, or all. */
async function live(
  folder: string,
  count: number,
  { acknowledged, told }: Told,
  killAfter: number | undefined,
): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, folder, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));
  let seen = 0;
  for await (const line of createInterface(child.stdout)) {
    if (line === 'all') {
      const last = acknowledged.at(-1) ?? 0;
      await until(() => told().includes(last) || undefined);
      child.stdin.end();
    } else acknowledged.push(Number(line));
    if (++seen === killAfter) child.kill('SIGKILL');
  }
  await exit;
}

test('a subscriber is told of each acknowledged event, in order, though it is killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-subscriber-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'told');
  const read = (): number[] =>
    existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
  const story: Told = { acknowledged: [], told: read };
  for (let kill = 1; kill <= KILLS; kill++) await live(folder, EVENTS, story, kill * 20);
  await live(folder, 1, story, undefined);

  const firsts = [...new Set(read())];
  expect(story.acknowledged.filter((seq) => !firsts.includes(seq))).toEqual([]);
  expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
  // A life repeats what its predecessor did not keep the place of, and nothing from before that.
  const repeated = read().length - firsts.length;
  expect(repeated).toBeLessThan(KILLS * EVENTS);

  // A stop keeps the place: the next life is told of nothing again.
  const before = read().length;
  await live(folder, 1, story, undefined);
  expect(read()).toHaveLength(before + 1);
});
