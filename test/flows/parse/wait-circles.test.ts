import { describe, expect, test } from 'vitest';
import { parseFiles } from '../../../src/flows/parse.ts';
import { variablesOf } from '../../../src/flows/variables.ts';
import { formatFinding } from '../../../src/std/diagnostics.ts';
import { builtInShapes } from '../../../src/steps/shapes.ts';

/** What is said of the waits in these flows, with the tools that have files of their own. */
function said(text: string, ...tools: readonly string[]): readonly string[] {
  const further = tools.map((tool, index) => ({ path: `tools/${index}.yaml`, text: tool }));
  const { findings } = parseFiles([{ path: 'signalbox.yaml', text }, ...further], {
    shapes: builtInShapes,
    variables: variablesOf({ env: {}, readFile: () => '' }),
    settings: { keys: [], read: () => undefined },
  });
  return findings.map(formatFinding).filter((finding) => finding.includes('config.wait_circle'));
}

/** Flows that each do these steps. */
function flows(...steps: readonly string[]): string {
  const lines = steps.map((each, index) => `  f${index}: { on: go, steps: [ ${each} ] }`);
  return `flows:\n${lines.join('\n')}\n`;
}

function waitFor(type: string, more = ''): string {
  return `{ wait: { event: ${type}, match: { payload.n: "1" } }${more} }`;
}

describe('waits in a circle', () => {
  test('are told with what they wait for', () => {
    const text = flows(`${waitFor('a')}, { emit: b }`, `${waitFor('b')}, { emit: a }`);
    expect(said(text)).toEqual([
      'signalbox.yaml:2:43: warning: "f0" waits for "a" in a circle: whoever emits it waits ' +
        'before for "b", which comes no sooner; let one not wait [config.wait_circle]',
      'signalbox.yaml:3:43: warning: "f1" waits for "b" in a circle: whoever emits it waits ' +
        'before for "a", which comes no sooner; let one not wait [config.wait_circle]',
    ]);
  });

  test('are told wherever the steps stand that emit', () => {
    const inside = [
      '{ parallel: [ { emit: b } ] }',
      '{ each: [ 1 ], do: [ { emit: b } ] }',
      '{ if: payload.ok, then: [ { emit: b } ], else: [ { emit: c } ] }',
    ];
    for (const step of inside) {
      expect(said(flows(`${waitFor('a')}, ${step}`, `${waitFor('b')}, { emit: a }`))).toHaveLength(
        2,
      );
    }
  });

  test('are none where one of the events comes before, or from elsewhere', () => {
    expect(said(flows(`{ emit: b }, ${waitFor('a')}`, `${waitFor('b')}, { emit: a }`))).toEqual([]);
    expect(said(flows(`${waitFor('outside')}, { emit: b }`, waitFor('b')))).toEqual([]);
    expect(said(flows(`${waitFor('a')}, { emit: "{payload.type}" }, { emit: a }`))).toEqual([]);
  });

  test('are none where a tool tells one of the events', () => {
    const text = flows(`${waitFor('a')}, { emit: b }`, `${waitFor('b')}, { emit: a }`);
    expect(said(text, '{ tool: t, module: ./t.mjs, emits: [ c ] }')).toHaveLength(2);
    expect(said(text, '{ tool: t, module: ./t.mjs, emits: [ b ] }')).toEqual([]);
  });

  test('are none where a wait may be passed over', () => {
    for (const more of [', if: payload.ok', ', on_error: continue']) {
      const text = flows(`${waitFor('a', more)}, { emit: b }`, `${waitFor('b')}, { emit: a }`);
      expect(said(text)).toEqual([]);
    }
    const inBranch = `{ parallel: [ ${waitFor('a')} ] }, { call: f1, detach: true }, { emit: b }`;
    expect(said(flows(inBranch, `${waitFor('b')}, { emit: a }`))).toEqual([]);
  });

  test('are none where it is the failure of a run that emits', () => {
    const text = `${flows(`${waitFor('b')}, { emit: a }`)}  g:
    on: go
    steps: [ ${waitFor('a')} ]
    on_failure: [ { emit: b } ]
`;
    expect(said(text)).toEqual([]);
  });
});
