import { describe, expect, test } from 'vitest';
import { interpolate, variablesOf } from '../../src/flows/variables.ts';

const variables = variablesOf({
  env: { PORT: '8080', ON: 'true', OFF: 'false', NAME: 'box', EMPTY: '', BIG: '1'.repeat(40) },
  readFile: (path) => {
    if (path === '/run/secrets/key') return 'k3y\r\n';
    throw new Error('no such file');
  },
});

function read(text: string): { value: unknown; refused: string[] } {
  const refused: string[] = [];
  const value = interpolate(text, variables, (message) => refused.push(message));
  return { value, refused };
}

describe('a setting', () => {
  test.each([
    ['${PORT}', 8080],
    ['${PORT:-1}', 8080],
    ['${NOPE:-1}', 1],
    ['${NOPE:-}', ''],
    ['${EMPTY:-x}', 'x'],
    ['${EMPTY}', ''],
    ['${ON}', true],
    ['${OFF}', false],
    ['${BIG}', '1'.repeat(40)],
    ['${NAME}:${PORT}', 'box:8080'],
    ['${file:/run/secrets/key}', 'k3y'],
    ['\\${NAME}', '${NAME}'],
    ['8080', '8080'],
    ['true', 'true'],
    ['$NAME ${} ${1} ${a b} {NAME} ${{ x }}', '$NAME ${} ${1} ${a b} {NAME} ${{ x }}'],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual({ value: expected, refused: [] });
  });

  test('names each variable that is not set, and the remedy', () => {
    expect(read('${NOPE} ${file:x} ${constructor}').refused).toEqual([
      expect.stringMatching(/^the environment variable NOPE is not set; .* \$\{NOPE:-…\}/),
      'the file x cannot be read: no such file',
      expect.stringMatching(/^the environment variable constructor is not set/),
    ]);
  });
});
