import { describe, expect, test } from 'vitest';
import { modelOf, type Models } from '../../src/steps/models.ts';

const LOCAL: Models[string] = {
  provider: 'openai-compatible',
  url: 'http://127.0.0.1:11434',
  model: 'qwen3',
};
const KEYS = { ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'o', GEMINI_API_KEY: 'g' };

describe('a configured model', () => {
  test('is found by its name, and has the path that its provider has', () => {
    expect(modelOf(undefined, { default: LOCAL }, {})).toEqual({
      provider: 'openai-compatible',
      url: 'http://127.0.0.1:11434/v1',
      id: 'qwen3',
      key: '',
      price: undefined,
    });
    const other = { ...LOCAL, url: 'https://example.com/llm/v2/', key: ' k\n' };
    expect(modelOf('quick', { quick: other }, {})).toMatchObject({
      url: 'https://example.com/llm/v2',
      key: 'k',
    });
  });

  test('gets a key of the environment only for its own provider, at its own place', () => {
    const known = { provider: 'anthropic', model: 'c-1' } as const;
    expect(modelOf('a', { a: known }, KEYS)).toMatchObject({
      url: 'https://api.anthropic.com/v1',
      key: 'a',
    });
    const elsewhere = { ...known, url: 'https://example.com' };
    expect(modelOf('a', { a: elsewhere }, KEYS)).toMatchObject({ key: '' });
    expect(modelOf('a', { a: LOCAL }, KEYS)).toMatchObject({ key: '' });
  });

  test('lends its provider to what no configuration names', () => {
    const price = { input: 1, output: 2 };
    const models = { default: { ...LOCAL, price } };
    expect(modelOf('default', models, {})).toMatchObject({ id: 'qwen3', price });
    expect(modelOf('llama4', models, {})).toMatchObject({ id: 'llama4', price: undefined });
    expect(modelOf('constructor', models, {})).toMatchObject({ id: 'constructor' });
  });
});

describe('without a configuration', () => {
  test.each([
    [KEYS, { provider: 'anthropic', url: 'https://api.anthropic.com/v1', key: 'a' }],
    [
      { ANTHROPIC_API_KEY: '', OPENAI_API_KEY: 'o' },
      { provider: 'openai', url: 'https://api.openai.com/v1', key: 'o' },
    ],
    [
      { GEMINI_API_KEY: 'g' },
      { provider: 'google', url: 'https://generativelanguage.googleapis.com/v1beta', key: 'g' },
    ],
    [
      { ANTHROPIC_API_KEY: 'a', ANTHROPIC_BASE_URL: 'https://proxy.example' },
      { provider: 'anthropic', url: 'https://proxy.example/v1' },
    ],
    [
      { OPENAI_API_KEY: 'o', OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1' },
      { provider: 'openai-compatible', url: 'http://127.0.0.1:8000/v1' },
    ],
    [
      { OPENAI_API_KEY: 'o', OPENAI_BASE_URL: 'nonsense' },
      { provider: 'openai', url: 'https://api.openai.com/v1' },
    ],
  ])('the keys in %j decide', (environment, model) => {
    expect(modelOf(undefined, {}, environment)).toMatchObject(model);
  });

  test('there is none without a key, also by a name', () => {
    expect(modelOf(undefined, {}, {})).toBeUndefined();
    expect(modelOf('quick', { other: LOCAL }, {})).toBeUndefined();
  });
});
