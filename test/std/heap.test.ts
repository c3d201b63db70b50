import * as fc from '../properties.ts';
import { expect, test } from 'vitest';
import { Heap } from '../../src/std/heap.ts';

interface Item {
  readonly name: number;
  rank: number;
}

const operations = fc.array(
  fc.record({
    kind: fc.constantFrom('put', 'delete', 'take'),
    name: fc.integer({ min: 0, max: 15 }),
    rank: fc.integer({ min: 0, max: 9 }),
  }),
  { maxLength: 60 },
);

test('the first is always one that no other comes before, however the order changes', () => {
  fc.assert(
    fc.property(operations, (steps) => {
      const heap = new Heap<Item>((a, b) => a.rank < b.rank);
      const items = Array.from({ length: 16 }, (_, name): Item => ({ name, rank: 0 }));
      const held = new Set<Item>();
      const gone: [boolean, boolean][] = [];
      for (const { kind, name, rank } of steps) {
        const item = kind === 'take' ? heap.first : items[name];
        if (item === undefined) continue;
        if (kind === 'put') {
          item.rank = rank;
          heap.put(item);
          held.add(item);
        } else gone.push([heap.delete(item), held.delete(item)]);
        expect(heap.size).toBe(held.size);
        expect(heap.has(item)).toBe(held.has(item));
        const least = Math.min(...Array.from(held, (other) => other.rank));
        expect(heap.first?.rank ?? Number.POSITIVE_INFINITY).toBe(least);
      }
      for (const [heaped, known] of gone) expect(heaped).toBe(known);
    }),
    { numRuns: 2_000 },
  );
});

test('a hundred thousand items come out in order at the cost of a sort', () => {
  let compared = 0;
  const heap = new Heap<Item>((a, b) => {
    compared++;
    return a.rank < b.rank;
  });
  const count = 100_000;
  for (let name = 0; name < count; name++) heap.put({ name, rank: (name * 7_919) % count });
  for (let rank = 0; rank < count; rank++) {
    const { first } = heap;
    expect(first?.rank).toBe(rank);
    if (first !== undefined) heap.delete(first);
  }
  expect(compared).toBeLessThan(4 * count * Math.log2(count));
});

test('all items can be gone through, and let go', () => {
  const heap = new Heap<Item>((a, b) => a.rank < b.rank);
  for (let name = 0; name < 9; name++) heap.put({ name, rank: 9 - name });
  expect(Array.from(heap, ({ name }) => name).toSorted((a, b) => a - b)).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8,
  ]);
  heap.clear();
  expect([...heap]).toEqual([]);
  expect([heap.size, heap.first]).toEqual([0, undefined]);
});
