import { describe, expect, test } from 'vitest';
import { promptShape } from '../../src/steps/prompt-shape.ts';
import { written } from '../fixtures/step-context.ts';

const schema = { type: 'object', properties: { n: { type: 'number' } } };

describe('a prompt step as it is written', () => {
  test('has a prompt, and says of the model and its answer what it wants', () => {
    const step = {
      prompt: 'Sum up {payload.text}',
      model: 'quick',
      system: 'Be short.',
      schema,
      max_tokens: 500,
      temperature: 0,
      budget: { tokens: 10_000, money: 0.05 },
    };
    expect(written(promptShape, step)).toEqual(step);
    expect(promptShape.literal?.(step)).toEqual(['model', 'schema', 'tools']);
    expect(promptShape.usualNames?.(step)).toEqual(['summary', 'answer']);
  });

  test.each([
    [{ prompt: '' }, /^prompt: it is empty/],
    [{ prompt: 'x', model: '' }, /^model: it is empty/],
    [{ prompt: 'x', schema: { type: 'string' } }, /^schema: the answer is an object/],
    [{ prompt: 'x', schema: { type: 'object', properties: { n: { type: 'x' } } } }, /^schema: /],
    [{ prompt: 'x', schema: { type: 'object', $ref: 'https://example.com' } }, /^schema: /],
    [{ prompt: 'x', max_tokens: 0 }, /^max_tokens: /],
    [{ prompt: 'x', temperature: 3 }, /^temperature: /],
    [{ prompt: 'x', budget: {} }, /^budget: needs "tokens", "money" or both/],
    [{ prompt: 'x', budget: { money: 0 } }, /^budget\.money: /],
  ])('is refused as %j', (step, message) => {
    expect(written(promptShape, step)).toEqual([expect.stringMatching(message)]);
  });
});
