import { escapeText, wellFormed } from '../std/escape.ts';

/** Characters of one message; what is longer is cut, and says so. */
export const MESSAGE_LENGTH_MAX = 4_000;

const CUT = '… (cut)';

/**
 * A text from anywhere as people are shown it: control and reordering characters are visible, line
 * breaks stay, and it has an end.
 */
export function visibleText(text: string): string {
  const lines = wellFormed(text.slice(0, 2 * MESSAGE_LENGTH_MAX))
    .split(/\r?\n/)
    .map(escapeText);
  const visible = lines.join('\n').trim();
  if (visible.length <= MESSAGE_LENGTH_MAX) return visible;
  return `${wellFormed(visible.slice(0, MESSAGE_LENGTH_MAX - CUT.length))}${CUT}`;
}
