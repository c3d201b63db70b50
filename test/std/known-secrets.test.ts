import { expect, test } from 'vitest';
import { KnownSecrets } from '../../src/std/known-secrets.ts';

test('secrets join as they become known, and stay', () => {
  const secrets = new KnownSecrets();
  expect(secrets.text('canary-1 canary-2')).toBe('canary-1 canary-2');
  secrets.add('canary-1', 'short');
  expect(secrets.text('canary-1 canary-2')).toBe('[secret] canary-2');
  secrets.add('canary-1');
  secrets.note('canary-2');
  expect(secrets.text('canary-1 canary-2 short')).toBe('[secret] [secret] short');
  expect(secrets.json('["canary-1"]')).toBe('["[secret]"]');
});

test('more of them may be known for a while', () => {
  const secrets = new KnownSecrets();
  secrets.add('canary-1');
  expect(secrets.with([])).toBe(secrets);
  const more = secrets.with(['canary-2']);
  expect(more.text('canary-1 canary-2')).toBe('[secret] [secret]');
  expect(more.json('["canary-1","canary-2"]')).toBe('["[secret]","[secret]"]');
  expect(secrets.text('canary-2')).toBe('canary-2');
});

test('each line of a key in PEM is one, but not what every key begins with', () => {
  const secrets = new KnownSecrets();
  const [first, second] = ['Aa1+'.repeat(16), 'Bb2/'.repeat(9)];
  secrets.add(`-----BEGIN PRIVATE KEY-----\n${first}\r\n${second}\n-----END PRIVATE KEY-----\n`);
  expect(secrets.text(`a ${second} b`)).toBe('a [secret] b');
  expect(secrets.text('-----BEGIN PRIVATE KEY-----')).toBe('-----BEGIN PRIVATE KEY-----');
});

test('a very long one is found from end to end', () => {
  const secrets = new KnownSecrets();
  const long = Array.from({ length: 500 }, (_, i) => `${i}:xyz`).join('');
  secrets.add(long);
  expect(secrets.text(`<${long}>`).replaceAll('[secret]', '')).toBe('<>');
});
