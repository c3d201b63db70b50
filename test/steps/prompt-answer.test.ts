import { describe, expect, test } from 'vitest';
import type { Models, Provider } from '../../src/steps/models.ts';
import { answerOf } from '../../src/steps/prompt-answer.ts';
import { startTarget } from '../fixtures/http-target.ts';
import { asking, fakeOf, stream, targetOf } from '../fixtures/prompting.ts';
import { CANARY, chunk, modelsAt, startProvider, usage } from '../fixtures/provider.ts';
import { contextOf } from '../fixtures/step-context.ts';
import { fastest } from '../fixtures/fastest.ts';

const MAIN: Provider = 'openai-compatible';
const PRICE = { input: 2, output: 10 };
const SCHEMA = {
  type: 'object',
  properties: { title: { type: 'string' }, size: { enum: ['small', 'large'] } },
  required: ['title', 'size'],
  additionalProperties: false,
};

describe('an answer', () => {
  test('that cannot be taken is asked for again, and was paid for', async () => {
    const { fake, ask } = await fakeOf(MAIN);
    fake.mock.onMessage('prose', { content: 'It is small.', ...usage(5, 6) });
    fake.mock.onMessage('other', { content: '{"title":"a","size":"huge"}' });
    fake.mock.onMessage('empty', { content: ' ' });
    fake.mock.onMessage('fenced', { content: '```json\n{"title":"a","size":"small"}\n```' });
    const about = async (prompt: string): Promise<unknown> => {
      const result = await ask({ prompt, schema: SCHEMA });
      return 'error' in result ? result.error.message : result;
    };
    expect(await about('prose')).toContain('it is no JSON');
    expect(await about('other')).toContain('size is not as "schema" says');
    expect(await about('empty')).toContain('it is empty');
    expect(await about('fenced')).toMatchObject({ output: { title: 'a', size: 'small' } });
    expect(await ask({ prompt: 'prose', schema: SCHEMA })).toMatchObject({
      kind: 'retry',
      error: { detail: 'It is small.', usage: { input_tokens: 5, output_tokens: 6 } },
    });
  });

  test('of a fence and nothing but line breaks is refused at once', async () => {
    const read = () => answerOf(`\`\`\`json${'\n'.repeat(200_000)}{`, SCHEMA);
    expect(read()).toMatchObject({ reason: expect.stringContaining('it is no JSON') });
    // To try each two ways of reading the line breaks takes seconds.
    expect(await fastest(read)).toBeLessThan(1_000);
  });

  test('that is cut off by its limit of tokens, or filtered, fails the step', async () => {
    const { fake, ask } = await fakeOf(MAIN);
    fake.mock.onMessage('long', { content: 'Once upon', finishReason: 'length' });
    fake.mock.onMessage('bad', { content: 'I', finishReason: 'content_filter' });
    expect(await ask({ prompt: 'long' })).toMatchObject({
      kind: 'fail',
      error: { code: 'prompt.too_long', detail: 'Once upon' },
    });
    expect(await ask({ prompt: 'bad' })).toMatchObject({
      kind: 'fail',
      error: { code: 'prompt.filtered' },
    });
  });

  test('beyond what a step may give is not read to its end', async () => {
    const { ask, target } = await targetOf(MAIN, (response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(chunk('a'.repeat(10_000))));
      };
      stream(response, '').on('drain', more);
      more();
    });
    expect(await ask({ prompt: 'x' })).toMatchObject({
      kind: 'fail',
      error: { code: 'step.output_too_large' },
    });
    expect(target.received).toHaveLength(1);
  });

  test('without an end is not read for ever, whatever it holds', async () => {
    const { ask } = await targetOf(MAIN, (response) => {
      const piece = `: ${'a'.repeat(1_000_000)}\n\n`;
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      stream(response, '').on('drain', more);
      more();
    });
    expect(await ask({ prompt: 'x' })).toMatchObject({
      kind: 'retry',
      error: { code: 'prompt.broken' },
    });
  });

  test('to a key that no header can carry is none, and the key is not told', async () => {
    const models = modelsAt(MAIN, 'http://127.0.0.1:9', { key: 'sk-canary-\n0123456789' });
    const result = await asking(models)({ prompt: 'x' });
    expect(result).toMatchObject({ kind: 'retry', error: { code: 'prompt.broken' } });
    expect(JSON.stringify(result)).not.toMatch(/canary|0123456/);
  });

  test('that holds the key is told without it', async () => {
    const { fake, ask } = await fakeOf(MAIN);
    fake.mock.onMessage('x', { content: `Your key is ${CANARY}, is it not?` });
    expect(await ask({ prompt: 'x' })).toMatchObject({
      output: 'Your key is [secret], is it not?',
    });
  });
});

describe('a budget', () => {
  const spent = { input_tokens: 60, output_tokens: 30, cost: 0.5 };

  test('that is spent keeps the model from being asked', async () => {
    const { fake, ask } = await fakeOf(MAIN, { price: PRICE });
    fake.mock.onMessage('x', { content: 'y' });
    for (const budget of [{ tokens: 90 }, { money: 0.5 }]) {
      expect(await ask({ prompt: 'x', budget }, { spent })).toMatchObject({
        kind: 'fail',
        error: { code: 'prompt.budget_spent', happened: 'no' },
      });
    }
    expect(fake.asked()).toEqual([]);
  });

  test('limits what one answer may cost', async () => {
    const { fake, ask } = await fakeOf(MAIN, { price: PRICE });
    fake.mock.onMessage('x', { content: 'y' });
    await ask({ prompt: 'x', budget: { tokens: 100 } }, { spent });
    await ask({ prompt: 'x', budget: { tokens: 100 }, max_tokens: 5 }, { spent });
    await ask({ prompt: 'x', budget: { money: 0.501 } }, { spent });
    const limits = fake.asked().map(({ body }) => body['max_tokens']);
    expect(limits).toEqual([10, 5, 100]);
  });

  test('of money needs a price', async () => {
    const { fake, ask } = await fakeOf(MAIN);
    expect(await ask({ prompt: 'x', budget: { money: 1 } })).toMatchObject({
      kind: 'fail',
      error: { code: 'prompt.no_price' },
    });
    expect(fake.asked()).toEqual([]);
  });
});

test('a provider that says when to come back is asked by no other step until then', async () => {
  const { fake, ask } = await fakeOf(MAIN);
  fake.mock.onMessage('x', { error: { message: 'no' }, status: 429, retryAfter: 30 });
  const { now } = contextOf({});
  await ask({ prompt: 'x' });
  const parked = await ask({ prompt: 'x' }, { step: 'other', now: now + 10_000 });
  expect(parked).toMatchObject({ kind: 'park', until: now + 30_000 });
  expect(fake.asked()).toHaveLength(1);
  await ask({ prompt: 'x' }, { now: now + 30_000 });
  expect(fake.asked()).toHaveLength(2);
});

test('the idempotency key is the same for each attempt', async () => {
  const { target, ask } = await targetOf(MAIN, (response) => {
    stream(response, chunk('a', 'stop')).end('data: [DONE]\n\n');
  });
  await ask({ prompt: 'x' }, { attempt: 1 });
  await ask({ prompt: 'x' }, { attempt: 2 });
  expect(target.received.map(({ headers }) => headers['idempotency-key'])).toEqual([
    'sb00000000-8/publish',
    'sb00000000-8/publish',
  ]);
});

test('a step names a model, or what the provider of the default one calls so', async () => {
  const fake = await startProvider();
  const models: Models = {
    ...modelsAt(MAIN, fake.url, { price: PRICE }),
    quick: { provider: MAIN, url: fake.url, model: 'q-1' },
  };
  fake.mock.onMessage('x', { content: 'y', ...usage(1, 1) });
  const ask = asking(models);
  const asked = [];
  for (const model of ['quick', 'other-7', 'default']) {
    const result = await ask({ prompt: 'x', model });
    asked.push('usage' in result ? result.usage : undefined);
  }
  expect(asked).toMatchObject([
    { model: 'q-1' },
    { model: 'other-7' },
    { model: 'm-1', cost: 1.2e-5 },
  ]);
  expect(asked[1]).not.toHaveProperty('cost');
});

test('without a model, and without a server, nothing was asked', async () => {
  expect(await asking({})({ prompt: 'x' })).toMatchObject({
    kind: 'fail',
    error: { code: 'prompt.no_model', happened: 'no' },
  });
  const gone = await startTarget(() => {});
  await gone.stop();
  expect(await asking(modelsAt(MAIN, gone.url))({ prompt: 'x' })).toMatchObject({
    kind: 'retry',
    error: { code: 'prompt.unreachable', happened: 'no' },
  });
  expect(await asking(modelsAt(MAIN, gone.url))({ prompt: ' ' })).toMatchObject({
    kind: 'fail',
    error: { code: 'step.input_invalid' },
  });
});
