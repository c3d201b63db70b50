import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';

const REVIEW = fileURLToPath(new URL('../../examples/review', import.meta.url));

function copyReview(): string {
  const folder = makeFolder();
  cpSync(REVIEW, folder, { recursive: true });
  return folder;
}

interface Shown {
  readonly flow: string;
  readonly state: string;
  readonly reason: string | null;
  readonly steps: readonly {
    readonly id: string;
    readonly state: string;
    readonly output: unknown;
  }[];
}

async function review(folder: string, data: object): Promise<readonly Shown[]> {
  await signalbox(folder, ['emit', 'change.proposed', '--data', JSON.stringify(data), '--wait']);
  const { items } = (await signalboxJson(folder, ['runs'])) as { readonly items: readonly Shown[] };
  return items;
}

describe('the review', () => {
  test('has nothing to find fault with', async () => {
    const { code, stdout } = await signalbox(copyReview(), ['check', '--strict']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '2 flows, nothing found.\n' });
  });

  test('looks at each file, checks several things at once, and has it published', async () => {
    const folder = copyReview();
    await startDaemon(folder);
    const [published, run] = await review(folder, { branch: 'tea', files: ['a.js', 'bb.js'] });
    expect(published).toMatchObject({ flow: 'publish', state: 'succeeded' });
    expect(run?.steps.slice(0, 3)).toMatchObject([
      {
        id: 'files',
        state: 'succeeded',
        output: [
          { file: 'a.js', findings: 1 },
          { file: 'bb.js', findings: 2 },
        ],
      },
      { id: 'checks', state: 'succeeded', output: ['fine', 'fine'] },
      { id: 'publish', state: 'succeeded', output: 'reviews/tea' },
    ]);
    const [failed] = await review(folder, { branch: 'tea', files: ['a.js', 'b.txt'] });
    expect(failed).toMatchObject({ flow: 'review', state: 'failed' });
    expect(failed?.reason).toContain('Branch 2 of step "files" failed');
    const told = await signalboxJson(folder, ['events', '--type', 'review.failed']);
    expect(told).toMatchObject({ items: [{ data: { step: 'files' } }] });
    expect((await signalbox(folder, ['rebuild', '--check'])).code).toBe(0);
  });
});
