import { type Share, Turns } from './turns.ts';

/**
 * Slots beside all others, for the runs of flows that nobody may hold up and that do nothing that
 * takes more than a moment. Whatever else runs or waits, these are given out.
 */
export const EXPRESS_SLOTS = 4;

/** Slots, and who waits for one of them. */
export class SlotPool<T extends Share> {
  readonly slots: number;
  /** Whose turn it is among those that wait. */
  readonly turns = new Turns<T>();
  /** Slots that are held; after a change of flows these may be more than there are. */
  taken = 0;

  constructor(slots: number) {
    this.slots = slots;
  }

  get free(): number {
    return Math.max(0, this.slots - this.taken);
  }

  /** Runs of the flow take so many more of them, or give them back. */
  occupy(share: T, slots: number): void {
    this.taken += slots;
    this.turns.occupy(share, slots);
  }

  /** The flow's runs hold slots of this pool, for its project, while it does not wait. */
  join(share: T): void {
    this.taken += share.running;
    this.turns.join(share);
  }

  /** They hold none of it any more. */
  part(share: T): void {
    this.taken -= share.running;
    this.turns.part(share);
  }
}
