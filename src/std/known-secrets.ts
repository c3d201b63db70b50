import { isLongEnough, type Redaction, redaction } from './redact.ts';

/** Longer secrets are looked for in pieces: each costs a state for each of its symbols. */
const PIECE_LENGTH = 1_024;
/** What begins and ends a key in PEM is no secret, and stands in many texts. */
const PEM_BORDER = /^-----(BEGIN|END) /;

/**
 * The secrets that a process knows, and how to take them out of what it shows or records.
 *
 * Secrets only join: what an earlier catalog knew may still come back from a step under way. The
 * automaton is made anew with the first text after a change.
 */
export class KnownSecrets implements Redaction {
  readonly #secrets = new Set<string>();
  #redaction: Redaction | undefined;

  /** Joins secrets. Those that are too short to be told from other text are passed over. */
  add(...secrets: readonly string[]): void {
    for (const piece of secrets.flatMap(piecesOf).filter(isLongEnough)) {
      if (this.#secrets.has(piece)) continue;
      this.#secrets.add(piece);
      this.#redaction = undefined;
    }
  }

  /** The same with some secrets more, which join nothing. */
  with(secrets: readonly string[]): Redaction {
    if (secrets.length === 0) return this;
    const more = redaction(secrets.flatMap(piecesOf));
    return {
      text: (text) => more.text(this.text(text)),
      json: (text) => more.json(this.json(text)),
    };
  }

  /** Joins one: as `add`, for who is handed it as a function. */
  readonly note = (secret: string): void => this.add(secret);

  /** As `Redaction`. */
  readonly text = (text: string): string => this.#current.text(text);

  /** As `Redaction`. */
  readonly json = (text: string): string => this.#current.json(text);

  get #current(): Redaction {
    this.#redaction ??= redaction(this.#secrets);
    return this.#redaction;
  }
}

/** A secret of several lines, such as a key in PEM, is one also by each line. */
function piecesOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).filter((line) => !PEM_BORDER.test(line));
  const whole = secret.length <= PIECE_LENGTH ? [secret] : [];
  return [...whole, ...lines.flatMap(chunksOf)];
}

function chunksOf(line: string): readonly string[] {
  const chunks: string[] = [];
  for (let at = 0; at < line.length; at += PIECE_LENGTH) {
    chunks.push(line.slice(at, at + PIECE_LENGTH));
  }
  return chunks;
}
