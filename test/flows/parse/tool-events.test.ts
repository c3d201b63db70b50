import { describe, expect, test } from 'vitest';
import { misfit } from '../../../src/flows/misfit.ts';
import { schemaOf } from '../../../src/flows/contract.ts';
import { parseFiles } from '../../../src/flows/parse.ts';
import { variablesOf } from '../../../src/flows/variables.ts';
import { emitShape } from '../../../src/steps/emit.ts';
import { sleepShape } from '../../../src/steps/sleep.ts';
import { toolShape } from '../../../src/steps/tools/built-in.ts';
import { withOwnTools } from '../../../src/steps/tools/own/shapes.ts';
import { SHAPES } from '../shapes.ts';

const variables = variablesOf({ env: {}, readFile: () => '' });

function warned(files: Readonly<Record<string, string>>): string[] {
  const main = { path: 'signalbox.yaml', text: 'flows: {}' };
  const further = Object.entries(files).map(([path, text]) => ({ path, text }));
  const shapes = [
    ...SHAPES.filter(({ kind }) => kind !== 'emit' && kind !== 'sleep'),
    emitShape,
    sleepShape,
    toolShape,
  ];
  const { findings } = parseFiles([main, ...further], {
    shapes,
    shapesWith: (tools) => withOwnTools(shapes, tools),
    variables,
    settings: { keys: [], read: () => undefined },
  });
  return findings
    .filter(({ code }) => /misfit|unanswered|near_miss/.test(code))
    .map(({ file, line, code, message }) => `${file}:${line} ${code}: ${message}`);
}

const FLOW = 'flows: { b: { on: files_staged, steps: [ { emit: z } ] } }';

describe('seed 001: tools whose declared events do not fit', () => {
  test('one of a tool’s events that nobody answers, while somebody does the others', () => {
    const tool = 'tool: stage\non: x\nrun: [y]\nemits:\n- files_staged\n- nothing_to_stage\n';
    expect(warned({ 'flows/a.yaml': FLOW, 'tools/stage.yaml': tool })).toEqual([
      'tools/stage.yaml:6 config.unanswered: nobody here answers "nothing_to_stage" of the tool ' +
        '"stage", and its others somebody does',
    ]);
  });

  test('a near miss, also of a tool that only steps use, said once', () => {
    const step = 'tool: stage\nrun: [y]\nemits: [files_stagd]\n';
    expect(warned({ 'flows/a.yaml': FLOW, 'tools/stage.yaml': step })).toEqual([
      'tools/stage.yaml:3 config.unanswered: nobody here answers "files_stagd" of the tool ' +
        '"stage", but "files_staged"',
    ]);
    const answering = 'tool: stage\non: x\nrun: [y]\nemits: [files_stagd]\n';
    expect(warned({ 'flows/a.yaml': FLOW, 'tools/stage.yaml': answering })).toEqual([
      'tools/stage.yaml:4 config.near_miss: nothing listens to "files_stagd", but there is ' +
        '"files_staged"; is it meant?',
    ]);
  });

  test('a flow that answers what a tool nearly declares, where another one answers that', () => {
    const files = {
      'flows/a.yaml': FLOW,
      'flows/b.yaml': 'flows: { c: { on: file_staged, steps: [ { emit: z } ] } }',
      'tools/stage.yaml': 'tool: stage\nrun: [y]\nemits: [files_staged]\n',
    };
    expect(warned(files)).toEqual([
      'flows/b.yaml:1 config.near_miss: nobody here emits "file_staged", but there is ' +
        '"files_staged"; is it meant?',
    ]);
  });

  test('of a tool that is wrong itself nothing else is said', () => {
    expect(warned({ 'tools/stage.yaml': 'tool: [stage]\nemits: [files_stagd]\n' })).toEqual([]);
  });

  test('the end of a chain, and what a pattern answers, are fine', () => {
    const end = 'tool: audit\non: x\nrun: [y]\nemits: [audit_logged]\n';
    const wide = 'flows: { b: { on: "files.*", steps: [ { emit: z } ] } }';
    const stage = 'tool: stage\nrun: [y]\nemits: [files.staged, files.left]\n';
    expect(
      warned({ 'flows/a.yaml': wide, 'tools/audit.yaml': end, 'tools/stage.yaml': stage }),
    ).toEqual([]);
  });
});

describe('the contract of a tool that answers another’s event', () => {
  const commit = 'tool: commit\non: files_staged\nrun: [z]\ninput: { files: array }\n';
  const stage = (output: string): string =>
    `tool: stage\non: x\nrun: [y]\nemits: [files_staged]\n${output}`;
  const said = (problem: string, on = 'files_staged'): string =>
    `tools/commit.yaml:2 config.misfit: "commit" answers "${on}", where "stage" emits ` +
    `"files_staged": it ${problem}; where it says no other data, each call fails`;

  test('takes a field of another type', () => {
    const files = { 'tools/commit.yaml': commit };
    expect(warned({ ...files, 'tools/stage.yaml': stage('output: { files: string }') })).toEqual([
      said('takes "files" as array, and is given string'),
    ]);
    expect(warned({ ...files, 'tools/stage.yaml': stage('output: { files: array }') })).toEqual([]);
    expect(warned({ ...files, 'tools/stage.yaml': stage('') })).toEqual([]);
  });

  test('needs one that is not given, also where rules hand on the data', () => {
    const rules = (data: string): string => `
choreography:
  name: c
  triggers: [ x ]
  flow:
    - { on: files_staged, parallel: [ { emit: looked_at }, { emit: commit_requested${data} } ] }
    - { on: { all: [ looked_at, files_staged ], within: 5s }, emit: all_done }
`;
    const files = {
      'flows/a.yaml': 'flows: { d: { on: all_done, steps: [ { emit: z } ] } }',
      'tools/commit.yaml': commit.replace('files_staged', '"commit_*"'),
      'tools/stage.yaml': stage('output: { file: array }'),
    };
    const problem = 'needs "files", which is not given, did you mean "file"?';
    const of = (data: string): string[] =>
      warned({ ...files, 'choreographies/c.yaml': rules(data) }).filter((each) =>
        each.includes('misfit'),
      );
    expect(of('')).toEqual([said(problem, 'commit_*')]);
    expect(of(', data: { files: [] }')).toEqual([]);
  });

  test('is compared by names and types alone', () => {
    const of = (given: object, taken: object): string | undefined =>
      misfit(schemaOf(given as never), schemaOf(taken as never));
    expect(of({ n: 'integer' }, { n: 'number' })).toBeUndefined();
    expect(of({ n: 'number' }, { n: 'integer' })).toBeUndefined();
    expect(of({ n: 'any' }, { n: 'integer' })).toBeUndefined();
    expect(of({ n: 'integer' }, { n: 'any', more: 'string?' })).toBeUndefined();
    const either = { type: 'object', properties: { n: { type: ['string', 'null'] }, m: true } };
    expect(of(either, { n: 'string', more: 'string' })).toBeUndefined();
    expect(of(either, { n: 'integer' })).toBe('takes "n" as integer, and is given string or null');
    expect(of({ type: 'string' }, { n: 'integer' })).toBeUndefined();
  });
});
