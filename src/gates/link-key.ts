import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '../std/atomic-file.ts';
import { SignalboxError } from '../std/errors.ts';
import { randomSecret } from '../std/random.ts';

const OWNER_ONLY = 0o600;
const LENGTH_MIN = 32;

/**
 * What links are signed with: in a file that its owner alone may read, made with its first use, so
 * that links are good over restarts. Whoever deletes it takes back every link.
 */
export class LinkKey {
  readonly #file: string | undefined;
  #key: Buffer | undefined;

  /** Without a file it is kept in memory, and gone with the process. */
  constructor(file?: string) {
    this.#file = file;
  }

  /** @throws SignalboxError `data.unusable` where the file can be neither read nor made. */
  get bytes(): Buffer {
    return (this.#key ??= Buffer.from(this.#load()));
  }

  #load(): string {
    const file = this.#file;
    if (file === undefined) return randomSecret();
    const known = readKey(file);
    if (known !== undefined) return known;
    const made = randomSecret();
    writeFileAtomic(file, `${made}\n`, OWNER_ONLY);
    return made;
  }
}

function readKey(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const message = `The key of the links in ${file} cannot be read.`;
    throw new SignalboxError('data.unusable', message, { cause });
  }
  if (text.length >= LENGTH_MIN) return text;
  const remedy = 'Remove it, and every link that was made ends.';
  throw new SignalboxError('data.unusable', `${file} is no key of links. ${remedy}`);
}
