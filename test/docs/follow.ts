import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Block, readBlocks, textMatches } from './blocks.ts';
import { openProject, type Project } from './project.ts';

/** Files that share the guide's pages, so that they are followed side by side. */
const SHARES = 4;

/** Follows every so many of the guide's pages, from one of the first on. */
export function followShare(share: number): void {
  const guide = readdirSync(new URL('../../docs/guide', import.meta.url)).toSorted();
  followPages(
    guide.filter((_, index) => index % SHARES === share).map((name) => `docs/guide/${name}`),
  );
}

/** Runs the commands of these pages, and compares what they say. */
export function followPages(pages: readonly string[]): void {
  const followed = pages.filter((page) => readBlocks(page).some(({ kind }) => kind !== 'shown'));
  describe('the commands of a page do what the page says', () => {
    test.each(followed)('%s', async (page) => {
      expect(await followPage(openProject(), readBlocks(page))).toBe('as the page says');
    });
  });
}

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
