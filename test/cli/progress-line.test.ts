import { describe, expect, test } from 'vitest';
import {
  openProgress,
  openProgressBesideLines,
  type ProgressLine,
} from '../../src/cli/progress-line.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';

const CLEAR = '\r\u001b[K';

/** What a progress line draws in a second, where it is told of every 10 ms of it. */
function drawn(
  open: typeof openProgress,
  watched: Pick<Terminal, 'live' | 'watched'>,
): readonly string[] {
  const notes: string[] = [];
  const print = async (): Promise<void> => {};
  const note = (text: string): void => void notes.push(text);
  const clock = new SimulatedClock();
  const terminal = { width: 80, color: false, open: true, print, note, ...watched };
  const progress: ProgressLine = open(terminal, clock);
  for (let n = 0; n < 30; n++) {
    progress.show(() => `${n} done`);
    clock.advance(10);
  }
  progress.end();
  return notes;
}

describe('a progress line', () => {
  test('is drawn ten times a second, and taken away', () => {
    const notes = drawn(openProgress, { live: true, watched: true });
    expect(notes).toEqual([`${CLEAR}0 done`, `${CLEAR}10 done`, `${CLEAR}20 done`, CLEAR]);
  });

  test('is not drawn where nobody watches', () => {
    expect(drawn(openProgress, { live: false, watched: true })).toEqual([]);
    expect(drawn(openProgressBesideLines, { live: false, watched: false })).toEqual([]);
  });

  test('is not drawn into lines that are watched: they are the progress', () => {
    expect(drawn(openProgressBesideLines, { live: true, watched: true })).toEqual([]);
    expect(drawn(openProgressBesideLines, { live: true, watched: false })).toHaveLength(4);
  });
});
