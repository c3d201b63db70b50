import { describe, expect, test } from 'vitest';
import { collect, type Page } from '../../src/cli/pages.ts';

/** A list of the numbers up to `length`, in pages of what is asked for, or of `most` if less. */
function listOf(length: number, most = length) {
  const asked: [size: number, from: number | undefined][] = [];
  const read = async (size: number, from: number | undefined): Promise<Page<number, number>> => {
    asked.push([size, from]);
    const begin = from ?? 0;
    const end = Math.min(begin + Math.min(size, most), length);
    const items = Array.from({ length: end - begin }, (_, n) => begin + n);
    return { items, next: end < length ? end : null };
  };
  return { asked, read };
}

describe('a list that is read page by page', () => {
  test('is read to its end, or to as many as are wanted', async () => {
    expect(await collect(10, listOf(3).read)).toEqual([0, 1, 2]);
    expect(await collect(2, listOf(3).read)).toEqual([0, 1]);
    const { asked, read } = listOf(5_000);
    expect(await collect(2_500, read)).toHaveLength(2_500);
    expect(asked).toEqual([
      [1_000, undefined],
      [1_000, 1_000],
      [500, 2_000],
    ]);
  });

  test('goes on behind a page that is short, or empty', async () => {
    const { asked, read } = listOf(5, 2);
    expect(await collect(10, read)).toEqual([0, 1, 2, 3, 4]);
    expect(asked.map(([, from]) => from)).toEqual([undefined, 2, 4]);
    const empty = async (_size: number, from = 0): Promise<Page<number, number>> =>
      from === 0 ? { items: [], next: 1 } : { items: [7], next: null };
    expect(await collect(10, empty)).toEqual([7]);
  });

  test('gives no more than are wanted, though a page holds more', async () => {
    const read = async (): Promise<Page<number, number>> => ({ items: [1, 2, 3], next: 3 });
    expect(await collect(2, read)).toEqual([1, 2]);
  });
});
