import * as fc from '../properties.ts';
import { expect, test } from 'vitest';
import { HeadCapture, TailCapture } from '../../src/std/captured-output.ts';

const chunks = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
const bytesMax = fc.integer({ min: 0, max: 60 });

test('the head keeps the first bytes and counts all, however they are cut into chunks', () => {
  fc.assert(
    fc.property(chunks, bytesMax, (list, max) => {
      const head = new HeadCapture(max);
      for (const chunk of list) head.push(chunk);
      const all = Buffer.concat(list);
      expect(head.captured()).toEqual({ bytes: all.subarray(0, max), bytesPrinted: all.length });
    }),
  );
});

test('the tail keeps the last bytes and counts all, however they are cut into chunks', () => {
  fc.assert(
    fc.property(chunks, bytesMax, (list, max) => {
      const tail = new TailCapture(max);
      for (const chunk of list) tail.push(chunk);
      const all = Buffer.concat(list);
      const last = all.subarray(Math.max(0, all.length - max));
      expect(tail.captured()).toEqual({ bytes: last, bytesPrinted: all.length });
    }),
  );
});

test('a million chunks of one byte cost no more than their bytes', () => {
  const head = new HeadCapture(1_048_576);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 1_000_000; i++) head.push(Buffer.of(i & 0xff));
  expect(head.captured().bytesPrinted).toBe(1_000_000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1_048_576);
});
