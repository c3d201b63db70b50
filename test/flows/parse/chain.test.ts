import { describe, expect, test } from 'vitest';
import { baseOf, readChain, splitChain } from '../../../src/flows/parse/chain.ts';
import { nodeAt, toValue } from '../../../src/flows/parse/yaml-node.ts';
import { formatFinding, type Finding } from '../../../src/std/diagnostics.ts';

const [NIGHT, MAIN] = ['profiles/night.yaml', 'signalbox.yaml'] as const;

/** What a text in the profile makes of one in the configuration file. */
function laid(strong: string, weak: string): unknown {
  const findings: Finding[] = [];
  const files = [
    { path: NIGHT, text: strong },
    { path: MAIN, text: weak },
  ];
  const { mapping } = readChain(files, findings);
  expect(findings).toEqual([]);
  return mapping && toValue(mapping);
}

describe('files that are laid over one another', () => {
  test('merge mappings by key, at every depth', () => {
    const weak = 'api: { port: 1, tls: { on: true, key: k } }\nhost: a';
    expect(laid('api: { tls: { key: z, more: 1 } }\nname: n', weak)).toEqual({
      api: { port: 1, tls: { on: true, key: 'z', more: 1 } },
      host: 'a',
      name: 'n',
    });
  });

  test.each<[string, string, string, unknown]>([
    ['a list', 'hosts: [b]', 'hosts: [a, c]', { hosts: ['b'] }],
    ['a list over a mapping', 'a: [1]', 'a: { b: 2 }', { a: [1] }],
    ['a mapping over a list', 'a: { b: 2 }', 'a: [1]', { a: { b: 2 } }],
    [
      'a flow',
      'flows: { f: { on: x } }',
      'flows: { f: { emit: y } }',
      { flows: { f: { on: 'x' } } },
    ],
  ])('give the strongest whole: %s', (_, strong, weak, expected) => {
    expect(laid(strong, weak)).toEqual(expected);
  });

  test('keep the place of all that they hold, also within a list', () => {
    const findings: Finding[] = [];
    const files = [
      { path: NIGHT, text: 'host: a' },
      { path: MAIN, text: '\nlist: [ 1,\n  { b: 2 } ]' },
    ];
    const { mapping, place, report } = readChain(files, findings);
    if (mapping === undefined) throw new Error('no mapping');
    const { at } = nodeAt(mapping, ['list', 1, 'b']);
    report({ at, code: 'config.invalid', message: 'no' });
    expect(place(at)).toBe('signalbox.yaml:3:8');
    expect(findings.map(formatFinding)).toEqual(['signalbox.yaml:3:8: error: no [config.invalid]']);
  });

  test('hold nothing where there is none', () => {
    expect(splitChain([])).toEqual({ chain: [], further: [] });
    expect(readChain([], []).mapping).toBeUndefined();
  });
});

describe('the profile that a file extends', () => {
  const extended = (text: string): string | undefined => {
    const base = baseOf({ path: NIGHT, text });
    if (base === undefined) return undefined;
    const { line, column } = base.place(base.at);
    return `${base.name} at ${line}:${column}`;
  };

  test('is named at the top or in its head', () => {
    expect(extended('port: 1\nextends: base')).toBe('base at 2:10');
    expect(extended('profile: { extends: base }')).toBe('base at 1:21');
  });

  test.each(['', '- a', 'port: 1', 'extends: ../base'])('is none in "%s"', (text) => {
    expect(extended(text)).toBeUndefined();
  });

  test('is found however wrong the rest of the file is', () => {
    expect(extended('extends: base\norchestrators: 5')).toBe('base at 1:10');
  });
});
