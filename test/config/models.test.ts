import { expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config.ts';
import { formatFinding } from '../../src/std/diagnostics.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';
import { makeFolder } from '../cli/signalbox.ts';

const ENV = { MODEL_KEY: 'sk-canary-0123456789', DIGITS: '1234567890' };

async function load(text: string): Promise<unknown> {
  const folder = makeFolder({ 'signalbox.yaml': text, 'key.txt': 'sk-of-a-file\n' });
  const file = `${folder}/signalbox.yaml`;
  const loaded = await loadConfiguration({ file, env: ENV, shapes: builtInShapes });
  const findings = loaded.findings.map((finding) => formatFinding(finding));
  if (findings.length > 0) return findings.map((line) => line.replace(`${folder}/`, ''));
  return loaded.configuration?.settings.models;
}

test('a prompt stands in place of steps, and its answer is found by its usual names', async () => {
  const text = `
flows:
  weekly: { on: x, prompt: "Sum up {payload.text}", model: quick, max_tokens: 100 }
  named:
    on: x
    steps:
      - { prompt: "Sum up {payload.text}" }
      - { emit: "{summary} {answer} {output}" }
      - { prompt: "Sum up {payload.text}", output: summary }
      - { emit: "{summary}" }
`;
  expect(await load(text)).toEqual({});
});

test('a model has the tools that its step names, and none that there are not', async () => {
  const flow = (tools: string): string =>
    `flows: { weekly: { on: x, steps: [ { prompt: x, tools: [${tools}] } ] } }`;
  expect(await load(flow('git, filesystem.read'))).toEqual({});
  expect(await load(flow('gti'))).toEqual([
    expect.stringContaining('there is no tool "gti", did you mean "git"?'),
  ]);
});

test('models have a name, a provider and a key by reference', async () => {
  const text = `
models:
  default:
    provider: openai-compatible
    url: http://127.0.0.1:11434/v1
    model: qwen3
    key: "\${MODEL_KEY}"
    price: { input: 0.5, output: 2 }
  plain: { provider: anthropic, model: c-1 }
  digits: { provider: openai, model: g-1, key: "\${DIGITS}" }
  file: { provider: google, model: g-2, key: "\${file:key.txt}" }
  maybe: { provider: google, model: g-2, key: "\${NOWHERE:-}" }
`;
  expect(await load(text)).toEqual({
    default: {
      provider: 'openai-compatible',
      url: 'http://127.0.0.1:11434/v1',
      model: 'qwen3',
      key: ENV.MODEL_KEY,
      price: { input: 0.5, output: 2 },
    },
    plain: { provider: 'anthropic', model: 'c-1' },
    digits: { provider: 'openai', model: 'g-1', key: '1234567890' },
    file: { provider: 'google', model: 'g-2', key: 'sk-of-a-file' },
    maybe: { provider: 'google', model: 'g-2', key: '' },
  });
});

test('a key that stands in the file is refused, since the log keeps the file', async () => {
  const refusal =
    'error: "key" must not stand in the file, which the log keeps; ' +
    'write a reference such as "${MODEL_KEY}" or "${file:PATH}" [config.unsafe]';
  const text = `models:
  a: { provider: openai, model: x, key: sk-bare }
  b: { provider: openai, model: x, key: "\${MODEL_KEY:-sk-default}" }
  c: { provider: openai, model: x, key: "Bearer \${MODEL_KEY}" }
  d: { provider: openai, model: x, key: 7 }
`;
  expect(await load(text)).toEqual([
    `signalbox.yaml:2:41: ${refusal}`,
    `signalbox.yaml:3:41: ${refusal}`,
    `signalbox.yaml:4:41: ${refusal}`,
    `signalbox.yaml:5:41: ${refusal}`,
  ]);
});

test.each([
  ['a: { provider: openai-compatible, model: x }', /"models\.a\.url": an openai-compatible model/],
  ['a: { provider: openay, model: x }', /"models\.a\.provider"/],
  ['a: { provider: openai }', /"models\.a\.model" is missing/],
  ['a: { provider: openai, model: x, url: "ftp://x" }', /only http and https/],
  ['a: { provider: openai, model: x, url: "https://a:b@x" }', /it holds a password/],
  ['a: { provider: openai, model: x, kye: 1 }', /unknown key "kye".*did you mean "key"/],
])('models: { %s } is refused', async (model, message) => {
  expect(await load(`models: { ${model} }`)).toEqual([expect.stringMatching(message)]);
});
