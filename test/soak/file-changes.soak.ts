import { expect, test } from 'vitest';
import { tellFileStory } from '../crash/file-story.ts';
import { seeds } from '../simulation/seeds.ts';

/** How many stories are told. */
const STORIES = Number(process.env['STORIES'] ?? 20);
const OPERATIONS = 10_000;
const KILLS = 40;

test.each(seeds(STORIES, 100))(
  '10,000 changes of files while a daemon watches, dies 40 times and is away: seed %i',
  async (seed) => {
    const report = await tellFileStory({ seed, operations: OPERATIONS, kills: KILLS });
    expect(report).toMatchObject({ impossible: [], wrong: [], stale: [] });
    expect(report.told).toBeGreaterThan(OPERATIONS / 10);
  },
);
