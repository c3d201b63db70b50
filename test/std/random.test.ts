import { describe, expect, test } from 'vitest';
import { randomSecret, randomText, seededRandom, systemRandom } from '../../src/std/random.ts';

describe('random numbers', () => {
  test('of the system lie in [0, 1)', () => {
    const draws = Array.from({ length: 100 }, systemRandom);
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(new Set(draws).size).toBeGreaterThan(90);
  });

  test('of one seed are the same each time, and of another seed others', () => {
    const draw = (seed: number): number[] => Array.from({ length: 20 }, seededRandom(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('of a seed are spread evenly over [0, 1)', () => {
    const random = seededRandom(1);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i++) {
      const tenth = Math.floor(random() * 10);
      tenths[tenth] = Number(tenths[tenth]) + 1;
    }
    expect(Math.min(...tenths)).toBeGreaterThan(900);
    expect(Math.max(...tenths)).toBeLessThan(1_100);
  });
});

describe('random texts', () => {
  test('have the length asked for, also beyond what is drawn at once', () => {
    for (const length of [0, 1, 8, 26, 16_384, 40_000]) {
      expect(randomText(length)).toHaveLength(length);
    }
  });

  test('use every character of Crockford’s alphabet, and no other', () => {
    const used = new Set(randomText(20_000));
    expect([...used].toSorted().join('')).toBe('0123456789abcdefghjkmnpqrstvwxyz');
  });

  test('do not come twice', () => {
    const texts = Array.from({ length: 10_000 }, () => randomText(16));
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('random secrets', () => {
  test('have at least 256 bits, five in each character', () => {
    const secret = randomSecret();
    expect(secret).toMatch(/^[0-9a-hjkmnp-tv-z]+$/);
    expect(secret.length * 5).toBeGreaterThanOrEqual(256);
  });

  test('do not come twice', () => {
    const secrets = Array.from({ length: 1_000 }, randomSecret);
    expect(new Set(secrets).size).toBe(secrets.length);
  });
});
