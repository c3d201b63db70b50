import type { Random } from '../../../src/std/random.ts';
import { DiskFault, type DiskFaults, FaultPlan } from './faults.ts';
import { type CutOdds, SimulatedFile } from './simulated-file.ts';

/**
 * A disk whose every misfortune is drawn from one random source, so that a seed repeats it.
 *
 * It promises what POSIX and an honest disk do, and no more: the bytes of a synced file stay, and
 * the names of a synced directory; a write never touches the bytes beside it. Everything else a
 * power cut may keep, drop or tear.
 */
export class SimulatedDisk {
  readonly random: Random;
  readonly #files = new Map<string, SimulatedFile>();
  /** What each name leads to on the platter. */
  readonly #named = new Map<string, SimulatedFile>();
  readonly #users = new Set<() => void>();
  #plan = new FaultPlan({});

  constructor(random: Random) {
    this.random = random;
  }

  /** Replaces the faults and begins to count anew. */
  plan(faults: DiskFaults): void {
    this.#plan = new FaultPlan(faults);
  }

  /** What happened since the last plan. */
  get activity(): Pick<FaultPlan, 'counts' | 'changes' | 'stopped' | 'struck'> {
    return this.#plan;
  }

  names(): string[] {
    return [...this.#files.keys()].toSorted();
  }

  file(name: string): SimulatedFile | undefined {
    return this.#files.get(name);
  }

  /** What all files together hold. */
  bytes(): number {
    let bytes = 0;
    for (const file of this.#files.values()) bytes += file.size;
    return bytes;
  }

  /** The file of this name, made where it is missing and `create` is true. */
  open(name: string, create: boolean): SimulatedFile | undefined {
    if (this.#plan.stopped) throw new DiskFault('stopped', 'read');
    const found = this.#files.get(name);
    if (found !== undefined || !create) return found;
    const made = new SimulatedFile();
    this.#files.set(name, made);
    return made;
  }

  read(file: SimulatedFile, offset: number, length: number): Uint8Array {
    this.#plan.begin('read');
    return file.view(offset, length);
  }

  write(file: SimulatedFile, offset: number, bytes: Uint8Array): void {
    this.#plan.begin('write');
    const growth = offset + bytes.length - file.size;
    if (growth > 0) this.#plan.assertSpace(this.bytes() + growth);
    file.write(offset, bytes);
  }

  resize(file: SimulatedFile, size: number): void {
    this.#plan.begin('resize');
    file.resize(size);
  }

  /** Makes a file's bytes durable, but not its name. */
  sync(file: SimulatedFile): void {
    try {
      this.#plan.begin('sync');
    } catch (fault) {
      if (fault instanceof DiskFault && fault.reason === 'io')
        file.syncInPart(this.random, this.#odds());
      throw fault;
    }
    if (this.#plan.faults.lyingSync !== true) file.sync();
  }

  /** Makes all names durable, and with them all deletes: the sync of the directory. */
  syncNames(): void {
    this.#plan.begin('sync');
    if (this.#plan.faults.lyingSync === true) return;
    this.#named.clear();
    for (const [name, file] of this.#files) this.#named.set(name, file);
  }

  /** Removes a name; it is sure to stay away once names are synced. */
  delete(name: string): void {
    this.#plan.begin('delete');
    this.#files.delete(name);
  }

  /** All bytes of a file, or undefined where there is none of this name. */
  copy(name: string): Uint8Array | undefined {
    const file = this.#files.get(name);
    return file === undefined ? undefined : Uint8Array.from(file.view(0, file.size));
  }

  /** Removes a file as a person does with `rm`: for good, and past all faults. */
  remove(name: string): void {
    this.#files.delete(name);
    this.#named.delete(name);
  }

  /** Puts a file in place as a person does with `cp`: for good, and past all faults. */
  place(name: string, bytes: Uint8Array): void {
    const file = new SimulatedFile();
    file.write(0, bytes);
    file.sync();
    this.#files.set(name, file);
    this.#named.set(name, file);
  }

  /** Has `release` called when the process or the machine stops; returns how to take that back. */
  onStop(release: () => void): () => void {
    this.#users.add(release);
    return () => this.#users.delete(release);
  }

  /** The process dies: its connections are gone, what it wrote is still in the system's cache. */
  killProcess(): void {
    this.#plan.stop();
    for (const release of this.#users) release();
    this.#users.clear();
    this.#plan = new FaultPlan({});
  }

  /** The machine stops and starts again: of what was not synced, chance decides what is there. */
  cutPower(): void {
    this.killProcess();
    const odds = this.#odds();
    const files = new Set([...this.#files.values(), ...this.#named.values()]);
    for (const file of files) file.powerCut(this.random, odds);
    this.#settleNames(odds);
  }

  #settleNames(odds: CutOdds): void {
    for (const name of new Set([...this.#files.keys(), ...this.#named.keys()])) {
      const now = this.#files.get(name);
      const before = this.#named.get(name);
      const settled = now === before || this.random() < odds.kept ? now : before;
      setOrDelete(this.#files, name, settled);
      setOrDelete(this.#named, name, settled);
    }
  }

  /** Drawn for each cut, so that some lose nearly everything and some nearly nothing. */
  #odds(): CutOdds {
    return { kept: this.random(), torn: this.random() };
  }
}

function setOrDelete(
  map: Map<string, SimulatedFile>,
  name: string,
  file: SimulatedFile | undefined,
): void {
  if (file === undefined) map.delete(name);
  else map.set(name, file);
}
