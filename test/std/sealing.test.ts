import { expect, test } from 'vitest';
import { openSealed, sealText } from '../../src/std/sealing.ts';

const KEY = Buffer.alloc(32, 1);

test('a text comes back to who has the key and knows what it is about', () => {
  const sealed = sealText('canary-ü', KEY, 'a');
  expect(sealed).not.toBe(sealText('canary-ü', KEY, 'a'));
  expect(openSealed(sealed, KEY, 'a')).toBe('canary-ü');
  expect(openSealed(sealed, KEY, 'b')).toBeUndefined();
  expect(openSealed(sealed, Buffer.alloc(32, 2), 'a')).toBeUndefined();
});

test('no text comes of one that was changed, or is none', () => {
  const bytes = Buffer.from(sealText('canary', KEY, 'a'), 'base64url');
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(i) ^ 1, i);
    expect(openSealed(changed.toString('base64url'), KEY, 'a')).toBeUndefined();
  }
  for (const text of ['', 'x', 'AAAA']) expect(openSealed(text, KEY, 'a')).toBeUndefined();
});
