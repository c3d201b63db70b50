import {
  ADVANCE,
  ENTITY,
  EVENT,
  EVENT_CLOSING,
  type Flat,
  LETTER_ADVANCE,
  LETTER_EVENT,
  lengthOf,
  MOVE_ADVANCE,
  RECORD,
  UNIT_HEAD,
} from './wire.ts';

/** Whether the write at `at` of that code continues a run. */
export function isAdvance(code: Flat[number] | undefined): boolean {
  return code === ADVANCE || code === LETTER_ADVANCE || code === MOVE_ADVANCE;
}

/** Whether the write at `at` continues an entity. */
export function isEntityMove(batch: Flat, at: number): boolean {
  return batch[at] === ENTITY && batch[at + 1 + RECORD] !== null;
}

/** Whether the write at `at` must not be in the log yet. */
export function isKeyed(batch: Flat, at: number): boolean {
  const code = batch[at];
  return (code === EVENT || code === LETTER_EVENT) && batch[at + 1 + RECORD] !== null;
}

/** Whether the write at `at` closes a letter, which must be open. */
export function isClosing(batch: Flat, at: number): boolean {
  return batch[at] === LETTER_EVENT && batch[at + 1 + RECORD + EVENT_CLOSING] !== null;
}

/** In how many ways a unit may be refused: where there are several, some of it may be undone. */
export function countConditions(batch: Flat, start: number): number {
  let count = batch[start + 1] === null ? 0 : 1;
  const writes = Number(batch[start]);
  let at = start + UNIT_HEAD;
  for (let i = 0; i < writes; i++) {
    if (isAdvance(batch[at]) || isKeyed(batch, at)) count++;
    if (isClosing(batch, at) || isEntityMove(batch, at)) count++;
    at += lengthOf(batch, at);
  }
  return count;
}
