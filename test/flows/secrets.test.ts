import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseFiles } from '../../src/flows/parse.ts';
import type { SourceShape } from '../../src/flows/source-shape.ts';
import type { StepShape } from '../../src/flows/step-shape.ts';
import { variablesOf } from '../../src/flows/variables.ts';
import { formatFinding } from '../../src/std/diagnostics.ts';

const BELL: SourceShape = {
  type: 'bell',
  schema: z.strictObject({ password: z.unknown().optional(), size: z.number().optional() }),
  secretKeys: ['password'],
  strangers: true,
  nameOf: () => 'b',
  trustOf: () => 'untrusted',
  emits: ['rung'],
};
const DRUM: SourceShape = {
  ...BELL,
  type: 'drum',
  schema: z.strictObject({ word: z.string(), short: z.string().max(5).optional() }),
};
const common = {
  keys: ['env'],
  schema: z.looseObject({}),
  effect: 'idempotent',
  timeoutMs: 1_000,
} as const;
const DO: StepShape = { ...common, kind: 'do', secretPlaces: ['env'] };
const SAY: StepShape = { ...common, kind: 'say' };

interface Parsed {
  readonly noted: readonly string[];
  readonly findings: readonly string[];
  readonly files: ReturnType<typeof parseFiles>;
}

function parse(text: string): Parsed {
  const noted: string[] = [];
  const files = parseFiles([{ path: 'f.yaml', text }], {
    shapes: [DO, SAY],
    sourceShapes: [BELL, DRUM],
    variables: variablesOf({
      env: { LONG: 'a-long-secret-1', SHORT: 's3cret', STAGE: 'production' },
      readFile: () => 'text of a file',
    }),
    settings: { keys: [], read: () => undefined },
    noteSecret: (secret) => noted.push(secret),
  });
  return { noted, findings: files.findings.map(formatFinding), files };
}

const step = (written: string): string => `flows: { f: { on: x, steps: [ ${written} ] } }`;

test('the secrets of sources are noted, those of steps by what they are', () => {
  const source = `sources: [{ type: bell, password: ["\${LONG}", { value: plain-and-bare }, 5] }]`;
  expect(new Set(parse(source).noted)).toEqual(new Set(['a-long-secret-1', 'plain-and-bare']));
  const steps = parse(step('{ do: "${STAGE} ${SHORT}", env: { A: "${file:x}" } }'));
  expect(steps.noted).toEqual(['s3cret', 'text of a file']);
});

test('a secret that is too short is a warning, a default is none', () => {
  const { findings } = parse('sources: [{ type: bell, password: "${SHORT} ${NO:-x}" }]');
  expect(findings).toEqual([
    expect.stringMatching(/^f\.yaml:1:35: warning: the secret in "password" has fewer than 8 /),
  ]);
});

test('a source whose variable has no value keeps its trigger, and is not opened', () => {
  const { files, findings } = parse(
    'sources: [{ type: bell, password: "${NO}", handler: h }]\n' +
      'handlers: { h: { steps: [ { say: a } ] } }',
  );
  expect(findings).toHaveLength(1);
  expect(files.sources.get('bell:b')).toMatchObject({ unset: true, redact: true });
  expect(files.flows.get('h')?.triggers).toMatchObject([{ pattern: { source: 'bell:b' } }]);
  const drum = (rest: string): unknown =>
    parse(`sources: [{ type: drum, word: "\${NO} \${LONG}"${rest} }]`).files.sources.get('drum:b');
  expect(drum('')).toMatchObject({ unset: true });
  expect(drum(', short: "not short"')).toBeUndefined();
});

test('fields are secret by a list of paths, or by names with their paths', () => {
  const fields = (written: string): unknown =>
    parse(`sources: [{ type: bell, redact: false, ${written} }]`).files.sources.get('bell:b');
  expect(fields('secret_fields: [a.token, "keys[0].id"], secret_keep: 1h')).toMatchObject({
    secretFields: [
      { name: 'token', path: ['a', 'token'] },
      { name: 'id', path: ['keys', 0, 'id'] },
    ],
    secretKeepMs: 3_600_000,
  });
  const named = fields('secret_fields: { KEY: "keys[0]" }');
  expect(named).toMatchObject({ secretFields: [{ name: 'KEY', path: ['keys', 0] }] });
  expect(named).toMatchObject({ secretKeepMs: 7 * 86_400_000 });
  expect(named).not.toHaveProperty('redact');
});

test.each([
  ['["a b"]', 'is no path into data'],
  ['["keys[0]"]', 'without a name'],
  ['[a.token, b.token]', 'two fields called "token"'],
  ['{ "a-b": x }', 'without a name'],
  [`{ ${Array.from({ length: 17 }, (_, i) => `f${i}: a`).join(', ')} }`, 'has 17 fields'],
])('secret_fields may not be %s', (written, message) => {
  const { findings } = parse(`sources: [{ type: bell, secret_fields: ${written} }]`);
  expect(findings).toEqual([expect.stringContaining(message)]);
});

test('a step that lists secrets may name them where they are handed on, and nowhere else', () => {
  const listed = 'secrets: [KEY], env: { A: "{secrets.KEY}" }';
  const { findings, files } = parse(step(`{ do: a, ${listed} }`));
  expect(findings).toEqual([]);
  expect(files.flows.get('f')?.steps[0]).toMatchObject({ secrets: ['KEY'] });
  const only = 'has a value only in a step that lists them in "secrets"';
  expect(parse(step('{ do: "{secrets.KEY}", secrets: [KEY] }')).findings[0]).toContain(only);
  expect(parse(step('{ do: a, env: { A: "{secrets.KEY}" } }')).findings[0]).toContain(only);
  const other = parse(step('{ do: a, secrets: [KEY], env: { A: "{secrets.OTHER} {secrets}" } }'));
  expect(other.findings).toEqual([
    expect.stringContaining('listed in "secrets"; there are secrets.KEY'),
  ]);
  expect(parse(step('{ say: a, secrets: [KEY] }')).findings).toEqual([
    expect.stringContaining('a step of kind "say" is given no secrets; "run" and "http" may be'),
  ]);
  expect(parse(step('{ do: a, secrets: ["a-b"] }')).findings[0]).toContain('must begin with');
});
