import { describe, expect, test } from 'vitest';
import { parseFiles, type ParsedFiles } from '../../../src/flows/parse.ts';
import { eventScope } from '../../../src/flows/scope.ts';
import { variablesOf } from '../../../src/flows/variables.ts';
import { toolShape } from '../../../src/steps/tools/built-in.ts';
import { withOwnTools } from '../../../src/steps/tools/own/shapes.ts';
import { eventOf } from '../event-of.ts';
import { SHAPES } from '../shapes.ts';

const variables = variablesOf({ env: { NAME: 'value' }, readFile: () => '' });

function parsed(...texts: readonly string[]): ParsedFiles {
  const files = texts.map((text, index) => ({ path: `tools/${index}.yaml`, text }));
  const main = { path: 'signalbox.yaml', text: 'flows: { a: { on: x, steps: [ { emit: y } ] } }' };
  const settings = { keys: [], read: () => undefined };
  const shapes = [...SHAPES, toolShape];
  const shapesWith = (tools: ParsedFiles['tools']) => withOwnTools(shapes, tools);
  return parseFiles([main, ...files], { shapes, shapesWith, variables, settings });
}

const messages = ({ findings }: ParsedFiles): string[] =>
  findings.map(({ line, code, message }) => `${line} ${code}: ${message}`);

test('a file says what a tool is', () => {
  const found = parsed(`tool: stage
summary: Stages files.
version: 2
run: [node, stage.mjs, "{input.files}", "\${NAME}"]
input: { files: array }
output: { type: object }
pre: size(input.files) > 0
post: [output.ok, "event.type == 'x'"]
risk: medium
timeout: 5m
`);
  expect(messages(found)).toEqual([]);
  const tool = found.tools.get('stage');
  expect(tool).toMatchObject({
    name: 'stage',
    summary: 'Stages files.',
    version: '2',
    path: 'tools/0.yaml',
    output: { type: 'object' },
    effect: 'ask',
    risk: 'medium',
    timeoutMs: 300_000,
  });
  expect(tool?.run).toHaveLength(4);
  expect(tool?.pre).toHaveLength(1);
  const [, second] = tool?.post ?? [];
  const byCommand = parsed('tool: a\nrun: [x]\npre: { command: [test, -f, "{input}"] }');
  expect(byCommand.tools.get('a')?.pre).toMatchObject([{ text: 'test -f {input}' }]);
  expect(second && 'test' in second && second.test(eventScope(eventOf({}, 'x')))).toBe(true);
});

test('what is left out has its default', () => {
  const tool = parsed('{ tool: a, module: ./a.mjs, emits: [done] }').tools.get('a');
  expect(tool).toMatchObject({
    summary: 'The tool a.',
    effect: 'idempotent',
    risk: 'low',
    timeoutMs: 60_000,
    pre: [],
    emits: ['done'],
  });
});

describe('what is wrong with a file is told at its place', () => {
  test.each([
    ['tool: a', 'config.invalid: a tool: it has either "module" or "run"'],
    ['tool: a\nrun: [x]\nmodule: y', 'config.invalid: a tool: it has either "module" or "run"'],
    ['tool: "a b"\nrun: [x]', '"tool": names no tool'],
    ['tool: a\nrun: x', '"run": is a list of the program and its arguments'],
    ['tool: a\nmodule: m\nemits: [""]', '3 config.invalid: "emits.0"'],
    ['tool: a\nmodule: m\nmoduel: x', '3 config.unknown_key: unknown key "moduel" in a tool'],
    ['tool: a\nmodule: m\ninput: { type: array }', '3 config.invalid: "input" describes no object'],
    ['tool: a\nmodule: m\ninput: 5', '"input": is a mapping such as { name: string }'],
    ['tool: a\nmodule: m\noutput: { type: nothing }', '3 config.invalid: "output" is no JSON'],
    ['tool: a\nmodule: m\npre: input.', '3 expression.invalid'],
    ['tool: a\nmodule: m\npost: [ok]', '3 config.unknown_name: nothing defines "ok"'],
    ['tool: a\nrun: [x, "{payload.a.}", "{steps.x.output}"]', 'config.unknown_name'],
    ['tool: a\nmodule: m\npre: { comand: [x] }', 'unknown key "comand" in "pre", did you mean'],
    ['tool: a\nmodule: m\npre: { command: [] }', '"pre.command": is a list of the program'],
    ['tool: a\nmodule: m\npost: [{ command: [a, "{outpt}"] }]', '3 config.unknown_name'],
    [
      'tool: a\nrun: [x, "{input.flies}"]\ninput: { files: array }',
      '2 config.unknown_name: the tool takes no "flies", did you mean "files"?',
    ],
    ['tool: a\nrun: [x, "{input.b}"]', '2 config.unknown_name: the tool takes no "b"; it takes n'],
  ])('%j', (text, message) => {
    const found = parsed(text);
    expect(messages(found).join('\n')).toContain(message);
    expect(found.tools.size).toBe(0);
  });
});

describe('what undoes a tool undoes each step that uses it', () => {
  const STAGE = 'tool: stage\nrun: [x]\ninput: { files: array }\n';
  const UNDO = `${STAGE}compensate: { tool: unstage, files: "{input.files}" }`;
  const UNSTAGE = 'tool: unstage\nrun: [x]\ninput: { files: array }\n';

  test('unless the step says something else, or answers a failure', () => {
    const flows = `flows:
  b:
    on: x
    steps:
      - { id: one, tool: stage, files: [] }
      - { id: two, tool: stage, files: [], compensate: { run: [undo] } }
    on_failure: [{ tool: stage, files: [] }]
`;
    const found = parsed(UNDO, UNSTAGE, flows);
    expect(messages(found)).toEqual([]);
    const flow = found.flows.get('b');
    expect(flow?.steps).toMatchObject([
      { compensate: { id: 'one.undo', kind: 'tool', input: { tool: 'unstage' } } },
      { compensate: { id: 'two.undo', kind: 'run' } },
    ]);
    expect(flow?.onFailure?.[0]).not.toHaveProperty('compensate');
    expect(flow?.isSaga).toBe(true);
  });

  test('and is not undone itself', () => {
    const both = parsed(
      UNDO,
      `${UNSTAGE}compensate: { tool: stage, files: "{input.files}" }\non: x`,
    );
    expect(messages(both)).toEqual([]);
    const [step] = both.flows.get('unstage')?.steps ?? [];
    expect(step).toMatchObject({ compensate: { input: { tool: 'stage' } } });
    expect(step).not.toHaveProperty('compensate.compensate');
  });

  test('and what is wrong with it is told at its place', () => {
    const wrong = parsed(`${STAGE}compensate: { tool: unstag, files: "{inptu.files}" }`, UNSTAGE);
    expect(messages(wrong).join()).toContain('4 config.unknown_name: "tool": there is no tool "un');
    expect(messages(parsed(`${STAGE}compensate: x`)).join()).toContain('4 config.invalid: "comp');
  });
});

describe('a tool that answers events has a flow of its name', () => {
  const STAGE = 'tool: stage\nrun: [x]\ninput: { files: array }\n';

  test('which uses it once, with what the event holds', () => {
    const found = parsed(`${STAGE}on: [staging_requested, { event: c.*, where: "payload.x" }]`);
    expect(messages(found)).toEqual([]);
    expect(found.tools.get('stage')?.answers).toEqual(['staging_requested', 'c.*']);
    expect(found.flows.get('stage')).toMatchObject({
      triggers: [{ pattern: { event: 'staging_requested' } }, { pattern: { event: 'c.*' } }],
      steps: [{ id: 'call', kind: 'tool', input: { tool: 'stage', action: 'run', answers: true } }],
    });
    expect(parsed(STAGE).flows.has('stage')).toBe(false);
  });

  test('and what is wrong with that is told at its place', () => {
    const wrong = parsed(`${STAGE}on: { evnt: x }`);
    expect(messages(wrong).join()).toContain('4 config.unknown_key: unknown key "evnt"');
    const main = 'flows: { stage: { on: x, emit: y } }';
    const twice = parsed(`${STAGE}on: x`, main);
    expect(messages(twice)).toEqual([
      '1 config.duplicate: "stage" is already defined at tools/1.yaml:1:10; rename one of the two',
    ]);
  });

  test('and two of one name are told of with their places', () => {
    const found = parsed(`${STAGE}on: x`, `${STAGE}on: y`);
    expect(messages(found)).toEqual([
      expect.stringContaining('"stage" is already defined at tools/0.yaml:1:1') as string,
      expect.stringContaining('"stage" is already defined at tools/0.yaml:1:1') as string,
    ]);
  });

  test('a near miss of what it emits is told', () => {
    const found = parsed(
      `${STAGE}on: x\nemits: [files_stagd]`,
      'flows: { b: { on: files_staged, emit: z } }',
    );
    expect(messages(found).join()).toContain(
      '5 config.near_miss: nothing listens to "files_stagd"',
    );
  });
});

test('two tools of one name are one too many', () => {
  const found = parsed('{ tool: a, module: ./a.mjs }', '{ tool: a, run: [x] }');
  expect(messages(found)).toEqual([
    '1 config.duplicate: the tool "a" is already defined at tools/0.yaml:1:1; ' +
      'rename one of the two',
  ]);
  expect(found.tools.get('a')?.module).toBe('./a.mjs');
});

test('a file that cannot be read has no tool', () => {
  expect(parsed('- tool').tools.size).toBe(0);
});

test('the kinds of steps may depend on the tools, and their timeouts on their input', () => {
  const files = [
    {
      path: 'signalbox.yaml',
      text: 'flows: { a: { on: x, steps: [ { emit: y }, { run: [a] } ] } }',
    },
    { path: 'tools/t.yaml', text: '{ tool: t, run: [x] }' },
  ];
  const { flows } = parseFiles(files, {
    shapes: [],
    shapesWith: (tools) =>
      SHAPES.map((shape) => ({
        ...shape,
        timeoutOf: () => (shape.kind === 'emit' && tools.has('t') ? 7 : undefined),
      })),
    variables,
    settings: { keys: [], read: () => undefined },
  });
  expect(flows.get('a')?.steps).toMatchObject([{ timeoutMs: 7 }, { timeoutMs: 60_000 }]);
});

test('what a tool emits is not nearly what Signalbox records', () => {
  const flow = 'flows: { b: { on: step.complete, steps: [ { emit: y } ] } }';
  const tool = '{ tool: t, module: ./a.mjs, emits: [step.complete] }';
  expect(messages(parsed(flow))).toEqual([expect.stringContaining('there is "step.completed"')]);
  expect(messages(parsed(flow, tool))).toEqual([]);
});
