import { nextTurn } from '../../src/std/turn.ts';

/** Asks again, a turn of the loop later, until the answer is there. */
export async function until<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await nextTurn();
  }
}
