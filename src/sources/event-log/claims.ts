import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SignalboxError } from '../../std/errors.ts';

interface Claim {
  readonly source: string;
  readonly writes: boolean;
}

/**
 * Which sources of one daemon use which files. Where one writes a file no other may read it: it
 * would take for news what the daemon wrote itself, and the answers to it, without end.
 */
export class Claims {
  readonly #byFile = new Map<string, Claim[]>();

  /**
   * Takes a file for a source, and resolves to what lets go of it.
   *
   * @throws SignalboxError `source.file_taken` naming the other source.
   */
  async take(path: string, claim: Claim): Promise<() => void> {
    const file = await placeOf(path);
    const others = (this.#byFile.get(file) ?? []).filter(({ source }) => source !== claim.source);
    const other = others.find(({ writes }) => writes || claim.writes);
    if (other !== undefined) {
      const message = `${other.source} uses ${path} too, and one of them writes it. Remove one.`;
      throw new SignalboxError('source.file_taken', message);
    }
    this.#byFile.set(file, [...others, claim]);
    return () => this.#letGo(file, claim);
  }

  /** Whether a source writes the file of this name, all links followed. */
  writes(file: string): boolean {
    return this.#byFile.get(file)?.some(({ writes }) => writes) === true;
  }

  #letGo(file: string, claim: Claim): void {
    const left = (this.#byFile.get(file) ?? []).filter((each) => each !== claim);
    if (left.length === 0) this.#byFile.delete(file);
    else this.#byFile.set(file, left);
  }
}

/** The file wherever links lead; its folder may come later. */
async function placeOf(path: string): Promise<string> {
  const file = await realpath(path).catch(() => undefined);
  if (file !== undefined) return file;
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  return join(folder, basename(path));
}
