/** The seed to tell alone, where somebody asked for it. */
const CHOSEN = process.env['SIGNALBOX_SEED'];

/** Whether one seed was asked for, so that counts over all of them say nothing. */
export const seedIsChosen = CHOSEN !== undefined;

/** `count` seeds from `first` on, or the one that `SIGNALBOX_SEED` names. */
export function seeds(count: number, first = 1): number[] {
  if (CHOSEN !== undefined) return [Number(CHOSEN)];
  return Array.from({ length: count }, (_, i) => first + i);
}

/** What a failing seed says: what went wrong, and the command that repeats it. */
export function seedFailure(seed: number, problem: string, testFile: string): string {
  return `${problem}\n  repeat with: SIGNALBOX_SEED=${seed} npx vitest run ${testFile}`;
}
