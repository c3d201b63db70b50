import type { Clock } from '../std/clock.ts';
import type { Terminal } from './terminal.ts';

/** How often the line is drawn again, in milliseconds. */
const DRAW_MS = 100;
const CLEAR_LINE = '\r\u001b[K';

/** One line on a person's screen that says how far something has come. */
export interface ProgressLine {
  /** Draws what `text` says, unless that was done a moment ago. */
  show(text: () => string): void;
  /** Takes the line away. It comes back with the next `show`. */
  end(): void;
}

/**
 * The progress line of a command that prints a line for each thing it does: where a person watches
 * these lines they are the progress, and nothing is drawn between them.
 */
export function openProgressBesideLines(terminal: Terminal, clock: Clock): ProgressLine {
  return terminal.watched ? NO_PROGRESS : openProgress(terminal, clock);
}

const NO_PROGRESS: ProgressLine = { show() {}, end() {} };

/** A progress line; where nobody watches it draws nothing. */
export function openProgress(terminal: Terminal, clock: Clock): ProgressLine {
  let drawnAt: number | undefined;
  return {
    show(text) {
      const now = clock.monotonic();
      if (!terminal.live || (drawnAt !== undefined && now - drawnAt < DRAW_MS)) return;
      drawnAt = now;
      terminal.note(CLEAR_LINE + text());
    },
    end() {
      if (drawnAt !== undefined) terminal.note(CLEAR_LINE);
      drawnAt = undefined;
    },
  };
}
