import { expect, test } from 'vitest';
import { redactor } from '../../src/std/redact.ts';

const SECRET = 'sk-"0123/+ü"';

test.each([
  ['as it is', SECRET],
  ['in a URL', encodeURIComponent(SECRET)],
  ['in JSON', JSON.stringify({ key: SECRET })],
  ['in base64', Buffer.from(SECRET).toString('base64')],
])('a secret %s is taken out', (_, text) => {
  const said = redactor([SECRET])(`key: ${text}.`);
  expect(said).toContain('[secret]');
  expect(said).not.toContain('0123');
});

test('the longer of two that begin alike leaves nothing of itself', () => {
  expect(redactor(['sk-12345', 'sk-12345678'])('sk-12345678')).toBe('[secret]');
});

test('what is too short to be one is left', () => {
  expect(redactor(['ollama', ''])('ollama says hello')).toBe('ollama says hello');
});
