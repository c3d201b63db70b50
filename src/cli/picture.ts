import type { Line } from './overview.ts';
import { paint } from './table.ts';
import type { Terminal } from './terminal.ts';

/**
 * Lines that are drawn again in their place, with what stands above them left alone.
 *
 * Nothing of the terminal is switched on or off for it: however the process ends, also by a kill,
 * the cursor stands below the last picture and there is nothing to restore.
 */
export class Picture {
  readonly #terminal: Terminal;
  /** How many lines of the screen the last picture takes. */
  #drawn = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Draws the lines, as many as fit, in the place of those before. One write: nothing flickers. */
  async draw(lines: readonly Line[]): Promise<void> {
    const { width, height = Infinity } = this.#terminal;
    const shown = lines.slice(0, Math.max(1, height - 1));
    const texts = shown.map(({ text, tone }) => paint(clip(text, width), tone, this.#terminal));
    const back = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A`;
    this.#drawn = texts.length;
    await this.#terminal.print(
      `${back}\r${texts.map((text) => `${CLEAR}${text}\n`).join('')}${BELOW}`,
    );
  }
}

/** Clears a line from the cursor on. */
const CLEAR = '\u001b[K';
/** Clears all below the cursor: a picture may be shorter than the one before. */
const BELOW = '\u001b[J';
/** From here on characters may take two columns. */
const WIDE_FROM = 0x1100;

/** As much of a text as fits a line: one that went on in the next would move all below it. */
function clip(text: string, width: number): string {
  let columns = 0;
  let clipped = '';
  for (const character of text) {
    columns += (character.codePointAt(0) ?? 0) >= WIDE_FROM ? 2 : 1;
    if (columns > width) return clipped;
    clipped += character;
  }
  return clipped;
}
