import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap } from '../../src/std/heap.ts';

const byValue = (a: number, b: number): number => a - b;

test('a heap of nothing has no least item', () => {
  const heap = new Heap<number>(byValue);
  expect([heap.size, heap.peek(), heap.pop(), heap.size]).toEqual([0, undefined, undefined, 0]);
});

test('items leave by the order that the heap was given, equal ones too', () => {
  const heap = new Heap<string>((a, b) => b.length - a.length);
  for (const item of ['a', 'ccc', 'bb', 'ddd']) heap.push(item);
  const taken = [heap.pop(), heap.pop(), heap.pop(), heap.pop()];
  expect(new Set(taken.slice(0, 2))).toEqual(new Set(['ccc', 'ddd']));
  expect(taken.slice(2)).toEqual(['bb', 'a']);
});

test('whatever comes and goes, the least item is at hand', () => {
  const commands = fc.array(fc.option(fc.integer({ min: 0, max: 20 })), { maxLength: 200 });
  fc.assert(
    fc.property(commands, (items) => {
      const heap = new Heap<number>(byValue);
      let model: number[] = [];
      for (const item of items) {
        const taken = item === null ? heap.pop() : heap.push(item);
        expect(taken).toBe(item === null ? model[0] : undefined);
        model = item === null ? model.slice(1) : [...model, item].toSorted(byValue);
        expect([heap.size, heap.peek()]).toEqual([model.length, model[0]]);
      }
    }),
    { numRuns: 500 },
  );
});
