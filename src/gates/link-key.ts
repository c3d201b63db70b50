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
  #key: Uint8Array | undefined;

  /** Without a file it is kept in memory, and gone with the process. */
  constructor(file?: string) {
    this.#file = file;
  }

  /** @throws SignalboxError `data.unusable` where the file can be neither read nor made. */
  get bytes(): Uint8Array {
    return this.known ?? this.#make();
  }

  /**
   * The same where it was made before; without it there is no link that anybody could follow.
   *
   * @throws SignalboxError `data.unusable` where the file cannot be read.
   */
  get known(): Uint8Array | undefined {
    if (this.#key === undefined && this.#file !== undefined) {
      const text = readKey(this.#file);
      if (text !== undefined) this.#key = Buffer.from(text);
    }
    return this.#key;
  }

  #make(): Uint8Array {
    const made = randomSecret();
    if (this.#file !== undefined) writeFileAtomic(this.#file, `${made}\n`, OWNER_ONLY);
    return (this.#key = Buffer.from(made));
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
