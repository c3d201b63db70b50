import { expect, test } from 'vitest';
import { tellFileStory } from '../crash/file-story.ts';
import { seeds } from '../simulation/seeds.ts';

const ALL_WELL = { impossible: [], wrong: [], stale: [] };

test.each(seeds(1))(
  'files changed while a daemon watches, dies and is away are told as they are: seed %i',
  async (seed) => {
    const report = await tellFileStory({ seed, operations: 1_000, kills: 3 });
    expect(report).toMatchObject(ALL_WELL);
    expect(report.told).toBeGreaterThan(200);
  },
);
