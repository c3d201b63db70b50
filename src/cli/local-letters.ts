import type { Settled } from '../routing/dead-letters.ts';
import type { Signalbox } from '../signalbox.ts';
import { SignalboxError } from '../std/errors.ts';
import {
  findLetter,
  letterSeq,
  readLetter,
  readLetters,
  unknownLetter,
} from '../views/letter-page.ts';
import type { LetterDetail } from '../views/letter-view.ts';
import type { LettersClient } from './client.ts';

/** Who acts, as the log says it, where no daemon stands between. */
export const ACTOR = 'cli';

/** The dead letters of a log that the command itself holds. */
export function localLetters(box: Signalbox): LettersClient {
  const by = ACTOR;
  return {
    list: (query) => readLetters(box, query),
    find: (id) => findLetter(box, id),
    retry: async (id, data) => read(box, await box.letters.retry(numberOf(box, id), { by, data })),
    drop: async (id, reason) =>
      read(box, await box.letters.drop(numberOf(box, id), { by, reason: reason ?? null })),
  };
}

function numberOf(box: Signalbox, id: string): number {
  const number = letterSeq(box, id);
  if (number === undefined) throw unknownLetter(id);
  return number;
}

function read(box: Signalbox, settled: Settled): Promise<LetterDetail> {
  if (settled.kind === 'refused') throw new SignalboxError(settled.code, settled.message);
  return readLetter(box, settled.letter);
}
