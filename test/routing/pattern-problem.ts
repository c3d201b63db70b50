import { isFit } from '../../src/routing/pattern.ts';
import { type Found, matchesOf, type Mutant, PatternStory } from './pattern-story.ts';

/** What is wrong with the story of a seed; undefined where nothing is. */
export function patternProblem(seed: number, mutant?: Mutant): string | undefined {
  const story = new PatternStory(seed, mutant);
  story.tell();
  const problem = story.accountProblem();
  if (problem !== undefined) return problem;
  const { shape, log } = story;
  const comparable = shape.kind === 'all' ? byItsEnd : (each: Found): Found => each;
  const [found, expected] = [story.found(), matchesOf(shape, log)].map((all) => {
    return textOf(all.map(comparable));
  });
  if (found !== expected) {
    return `${JSON.stringify(shape)}\nfinds\n${found}\nand should find\n${expected}`;
  }
  return shape.kind === 'all' ? misfitOf(story) : undefined;
}

/** Of several ways to seat the events of an `all` any will do: only when it is complete counts. */
function byItsEnd({ key, events }: Found): Found {
  return { key, events: [Math.max(...events)] };
}

function misfitOf({ shape, log, ends }: PatternStory): string | undefined {
  for (const { matched = [] } of ends) {
    const received = matched.map(({ seq }) => log[seq - 1]?.received ?? 0);
    if (Math.max(...received) - Math.min(...received) >= shape.withinMs) return 'it took too long';
    const misfit = matched.findIndex(({ seq }, place) => !isFit(log[seq - 1]?.fits ?? 0, place));
    if (misfit !== -1) return `member ${misfit} has an event that it does not take`;
  }
  return undefined;
}

function textOf(all: readonly Found[]): string {
  return all
    .map(({ key, events }) => `${key} ${events.join(' ')}`)
    .toSorted()
    .join('\n');
}
