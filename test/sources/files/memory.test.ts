import { expect, test } from 'vitest';
import { decodeState } from '../../../src/sources/files/file-state.ts';
import { FileMemory } from '../../../src/sources/files/memory.ts';
import type { SourceBatch } from '../../../src/sources/source.ts';

const state = decodeState('0 1 1 1 1 x');

/** A log that holds rows as the store does, and fails where it is told to. */
function logOf(fails: () => boolean): {
  rows: Map<string, string>;
  context: ConstructorParameters<typeof FileMemory>[0];
} {
  const rows = new Map<string, string>();
  async function record({ cursors = [] }: SourceBatch): Promise<void> {
    if (fails()) throw new Error('the log is away');
    const keys = new Set(cursors.map(({ key }) => key));
    if (keys.size < cursors.length) throw new Error('two of them are about one cursor');
    for (const { key, value } of cursors) {
      if (value === null) rows.delete(key);
      else rows.set(key, value);
    }
  }
  async function* remembered(): AsyncGenerator<{ key: string; value: string }> {}
  return { rows, context: { record, remembered } };
}

test('of a file that is learnt twice before the log hears of it, the last counts', async () => {
  const { rows, context } = logOf(() => false);
  const memory = new FileMemory(context);
  await memory.learn(['a', 'b'].map((path) => ({ path, state })));
  await memory.learn([{ path: 'a', state: undefined }]);
  await memory.settled();
  expect([...rows.keys()]).toEqual(['file:b']);
});

test('what the log did not take is given to it again', async () => {
  let failures = 3;
  const { rows, context } = logOf(() => failures-- > 0);
  const memory = new FileMemory(context);
  const moves = Array.from({ length: 5_500 }, (_, n) => ({ path: String(n), state }));
  await memory.learn(moves);
  await expect(memory.settled()).rejects.toThrow('the log is away');
  failures = 0;
  await memory.settled();
  expect(rows.size).toBe(5_500);
});
