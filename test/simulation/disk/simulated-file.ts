import type { Random } from '../../../src/std/random.ts';
import { ByteImage } from './byte-image.ts';

/** What a disk writes whole: a power cut leaves a sector as it was before a write or after it. */
export const SECTOR_BYTES = 512;

type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly size: number };

/**
 * How likely an unsynced change is to have reached the platter, and a kept one to have reached it
 * in part.
 */
export interface CutOdds {
  readonly kept: number;
  readonly torn: number;
}

/**
 * A file as three things: what readers see, what is on the platter, and the changes between the
 * two.
 *
 * A sync moves all changes to the platter. A power cut moves a random part of them: each is kept,
 * dropped or torn by sectors on its own, so a later change may survive an earlier one. Shuffling
 * them as well would add nothing, since a sector ends as one of its versions either way.
 */
export class SimulatedFile {
  readonly #seen = new ByteImage();
  readonly #platter = new ByteImage();
  #changes: Change[] = [];

  get size(): number {
    return this.#seen.size;
  }

  /** Valid until the next change. */
  view(offset: number, length: number): Uint8Array {
    return this.#seen.view(offset, length);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#seen.write(offset, bytes);
    this.#changes.push({ kind: 'write', offset, bytes: bytes.slice() });
  }

  resize(size: number): void {
    this.#seen.resize(size);
    this.#changes.push({ kind: 'resize', size });
  }

  sync(): void {
    for (const change of this.#changes) apply(this.#platter, change);
    this.#changes = [];
  }

  /**
   * What a failed sync of Linux leaves behind: part of the changes reached the platter, and no
   * later sync will write the rest, although readers go on seeing it.
   */
  syncInPart(random: Random, odds: CutOdds): void {
    for (const change of this.#changes) applyPart(this.#platter, change, { random, odds });
    this.#changes = [];
  }

  powerCut(random: Random, odds: CutOdds): void {
    this.syncInPart(random, odds);
    this.#seen.copyFrom(this.#platter);
  }
}

function apply(image: ByteImage, change: Change): void {
  if (change.kind === 'resize') image.resize(change.size);
  else image.write(change.offset, change.bytes);
}

interface Chance {
  readonly random: Random;
  readonly odds: CutOdds;
}

function applyPart(image: ByteImage, change: Change, { random, odds }: Chance): void {
  if (random() >= odds.kept) return;
  if (change.kind === 'resize' || random() >= odds.torn) return apply(image, change);
  for (let from = 0; from < change.bytes.length;) {
    const offset = change.offset + from;
    const sector = change.bytes.subarray(from, from + SECTOR_BYTES - (offset % SECTOR_BYTES));
    if (random() < 0.5) image.write(offset, sector);
    from += sector.length;
  }
}
