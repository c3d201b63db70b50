import { describe, expect, test } from 'vitest';
import { textMatches } from './docs/blocks.ts';
import { followPages } from './docs/follow.ts';

followPages(['README.md']);

describe('an expected text', () => {
  test('stands for any ids, times and durations, and "…" for anything', () => {
    const expected = 'run sbaaaaaaaa-1  at 2026-01-01 00:00:00.000 took 5 ms\nrest …\n';
    const said = 'run sb8nh33r5h-12 at 2026-11-20 06:05:22.529  took 1.5 s\nrest of it\n';
    expect(textMatches(expected, said)).toBe(true);
    expect(textMatches(expected, said.replace('run', 'ran'))).toBe(false);
    expect(textMatches(expected, `${said}more\n`)).toBe(false);
  });
});
