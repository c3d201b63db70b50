import { expect, test } from 'vitest';
import { explainFailure, explainSyntax } from '../../../src/flows/cel/messages.ts';

test('what overflows the stack is told as what it is', () => {
  expect(explainSyntax('((…', new RangeError('Maximum call stack size exceeded'))).toBe(
    'it nests too deep; split it',
  );
  expect(explainFailure(new RangeError('Invalid string length'), [])).toBe(
    'it needs more memory than there is',
  );
});

test('what nobody foresaw is shown as it is, but harmless and short', () => {
  expect(explainSyntax('x', new Error('odd'))).toBe('odd');
  expect(explainFailure(new Error(`odd\u001b[2J${'x'.repeat(500)}`), [])).toMatch(
    /^odd\\u001b\[2Jx{193}…$/,
  );
  expect(explainFailure('a text', [])).toBe('a text');
});
