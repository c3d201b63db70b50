import type { MakeLog } from './durable-log.ts';
import { drawScenario } from './scenario.ts';
import { simulate } from './simulation.ts';

export interface Seeds {
  readonly from: number;
  readonly count: number;
  readonly makeLog?: MakeLog;
}

/** How much of a story is told: its end, where things go wrong, is what matters. */
const LINES_MAX = 400;

/**
 * Simulates one seed after the other, or the one that `SEED` names.
 *
 * @throws Error at the first seed with a problem: with the command that repeats it, and where that
 *   was given, with the story.
 */
export async function checkSeeds({ from, count, ...options }: Seeds): Promise<void> {
  const asked = process.env['SEED'];
  if (asked !== undefined) return tellSeed(Number(asked), options);
  for (let seed = from; seed < from + count; seed++) {
    const { problems } = await simulate({ scenario: drawScenario(seed), ...options });
    if (problems.length === 0) continue;
    const command = `SEED=${seed} npx vitest run test/crash/simulation.test.ts`;
    throw new Error(`seed ${seed}: ${problems.join('; ')}\nrepeat it with: ${command}`);
  }
}

async function tellSeed(seed: number, options: Pick<Seeds, 'makeLog'>): Promise<void> {
  const lines: string[] = [];
  const trace = (line: string): unknown => lines.push(line);
  const { problems } = await simulate({ scenario: drawScenario(seed), trace, ...options });
  if (problems.length === 0) return;
  const story = lines.slice(-LINES_MAX).join('\n');
  throw new Error(`seed ${seed}: ${problems.join('; ')}\n${story}`);
}
