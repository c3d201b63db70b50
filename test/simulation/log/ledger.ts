import type { AppendResult, Unit } from '../../../src/store/contract.ts';

/** The client's side of a log: what it asked for, and what it was told. It survives every crash. */
export class Ledger {
  readonly #units: Unit[] = [];
  readonly #acknowledged = new Map<number, number>();
  readonly #refused = new Set<number>();
  readonly #refusedIds = new Set<string>();

  /** The number that the next unit will have. */
  get next(): number {
    return this.#units.length;
  }

  /** The first seq that each acknowledged unit was told. */
  get acknowledged(): ReadonlyMap<number, number> {
    return this.#acknowledged;
  }

  /** The foreign ids of refused units: these may come again. */
  get refusedIds(): ReadonlySet<string> {
    return this.#refusedIds;
  }

  get units(): readonly Unit[] {
    return this.#units;
  }

  unit(number: number): Unit | undefined {
    return this.#units[number];
  }

  isRefused(number: number): boolean {
    return this.#refused.has(number);
  }

  /** Notes a unit before it is handed to the store. */
  submit(unit: Unit): void {
    this.#units.push(unit);
  }

  settle(number: number, result: AppendResult): void {
    if (result.kind === 'appended') this.#acknowledged.set(number, result.first);
    else this.#refuse(number);
  }

  #refuse(number: number): void {
    this.#refused.add(number);
    for (const write of this.#units[number]?.writes ?? []) {
      if (write.record.id !== null) this.#refusedIds.add(write.record.id);
    }
  }
}
