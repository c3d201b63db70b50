import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openProject, type Project } from './docs/project.ts';
import { type Block, readBlocks, textMatches } from './docs/blocks.ts';

/** A page builds the project once and runs its commands one after the other. */
const TIMEOUT_MS = 180_000;

const PAGES = [
  'README.md',
  ...readdirSync(new URL('../docs/guide', import.meta.url)).map((name) => `docs/guide/${name}`),
].filter((page) => readBlocks(page).some(({ kind }) => kind !== 'shown'));

describe('the commands of a page do what the page says', () => {
  test.each(PAGES)('%s', { timeout: TIMEOUT_MS }, async (page) => {
    expect(await followPage(openProject(), readBlocks(page))).toBe('as the page says');
  });
});

/** What the first command that does something else does. */
async function followPage(project: Project, blocks: readonly Block[]): Promise<string> {
  for (const [index, block] of blocks.entries()) {
    if (block.kind === 'daemon') await project.startDaemon(block.text);
    if (block.kind !== 'run') continue;
    const { code, said } = await project.run(block.text);
    if (code !== 0) return `${block.place}: exit ${code}\n${said}`;
    const next = blocks[index + 1];
    if (next?.language !== 'text' || textMatches(next.text, said)) continue;
    return `${next.place}: the command says\n${said}`;
  }
  return 'as the page says';
}

describe('an expected text', () => {
  test('stands for any ids, times and durations, and "…" for anything', () => {
    const expected = 'run sbaaaaaaaa-1  at 2026-01-01 00:00:00.000 took 5 ms\nrest …\n';
    const said = 'run sb8nh33r5h-12 at 2026-11-20 06:05:22.529  took 1.5 s\nrest of it\n';
    expect(textMatches(expected, said)).toBe(true);
    expect(textMatches(expected, said.replace('run', 'ran'))).toBe(false);
    expect(textMatches(expected, `${said}more\n`)).toBe(false);
  });
});
