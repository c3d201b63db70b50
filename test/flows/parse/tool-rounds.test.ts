import { describe, expect, test } from 'vitest';
import type { ActionStep, Step } from '../../../src/flows/flow.ts';
import { parseFiles, type ParseOptions } from '../../../src/flows/parse.ts';
import { eventScope, type RunNames } from '../../../src/flows/scope.ts';
import { render } from '../../../src/flows/template.ts';
import { variablesOf } from '../../../src/flows/variables.ts';
import { formatFinding } from '../../../src/std/diagnostics.ts';
import type { Json } from '../../../src/std/json.ts';
import { builtInShapes } from '../../../src/steps/shapes.ts';
import { withOwnTools } from '../../../src/steps/tools/own/shapes.ts';
import { EVENT } from '../../fixtures/step-context.ts';

const variables = variablesOf({ env: {}, readFile: () => '' });
const settings = { keys: [], read: () => undefined };

function parsed(...steps: readonly string[]) {
  const text = `flows: { look: { on: text.came, steps: [ ${steps.join(', ')} ] } }`;
  const files = [{ path: 'signalbox.yaml', text }];
  const { flows, findings } = parseFiles(files, { shapes: builtInShapes, variables, settings });
  const errors = findings.filter(({ severity }) => severity === 'error').map(formatFinding);
  return { steps: flows.get('look')?.steps ?? [], errors };
}

/** The steps that one stands for, by their ids. */
function madeOf(step: string): ReadonlyMap<string, Step> {
  const { steps, errors } = parsed(step);
  expect(errors).toEqual([]);
  return new Map(steps.map((each) => [each.id, each]));
}

function scopeOf(outputs: Readonly<Record<string, Json>>, more: RunNames = {}) {
  return eventScope(EVENT, { outputs: new Map(Object.entries(outputs)), ...more });
}

function inputOf(step: Step | undefined): ActionStep['input'] {
  if (step === undefined || !('input' in step)) throw new Error('it is no step that acts');
  return step.input;
}

function usesOf(step: Step | undefined): readonly Step[] {
  return step?.fork?.kind === 'each' ? step.fork.do : [];
}

const TOOLS = 'tools: [filesystem.read, git.log, filesystem.read]';
const CALL = { id: 'c1', name: 'filesystem.read', input: { path: 'a.md' } };

describe('a prompt with tools', () => {
  test('is a question, its calls, and a question again, so often, and then the answer', () => {
    const steps = madeOf(`{ id: look, prompt: x, ${TOOLS}, rounds: 3 }`);
    expect([...steps].map(([id, { kind }]) => `${id} ${kind}`)).toEqual([
      'look.1 prompt',
      'look.1.tools each',
      'look.2 prompt',
      'look.2.tools each',
      'look.3 prompt',
      'look answer',
    ]);
    expect(usesOf(steps.get('look.1.tools')).map(({ id }) => id)).toEqual([
      'look.1.filesystem.read',
      'look.1.git.log',
      'look.1.told',
    ]);
  });

  test('is asked eight times at most where it does not say so, the last time for an answer', () => {
    const steps = madeOf(`{ id: look, prompt: x, ${TOOLS} }`);
    const asked = [...steps.values()].filter(({ kind }) => kind === 'prompt');
    expect(asked).toHaveLength(8);
    const last = asked.map((step) => render(inputOf(step), scopeOf({})) as { last?: boolean });
    expect(last.map((input) => input.last)).toEqual([...Array<undefined>(7), true]);
  });

  test('has a gate before its first question, and its name at the answer', () => {
    const steps = madeOf(`{ id: look, prompt: x, ${TOOLS}, gate: { risk: low }, output: notes }`);
    const gated = [...steps.values()].filter((step) => 'gate' in step && step.gate);
    expect(gated.map(({ id }) => id)).toEqual(['look.1']);
    const named = [...steps.values()].filter((step) => 'output' in step && step.output);
    expect(named.map(({ id }) => id)).toEqual(['look']);
  });

  test('goes on only where the model calls something', () => {
    const steps = madeOf(`{ id: look, prompt: x, ${TOOLS} }`);
    const fork = steps.get('look.1.tools')?.fork;
    const items = fork?.kind === 'each' ? fork.items : [];
    expect(render(items, scopeOf({ 'look.1': { calls: [CALL] } }))).toEqual([CALL]);
    for (const id of ['look.1.tools', 'look.2']) {
      const guard = steps.get(id)?.guard;
      expect(guard?.test(scopeOf({ 'look.1': { calls: [CALL] } }))).toBe(true);
      expect(guard?.test(scopeOf({ 'look.1': { calls: [] } }))).toBe(false);
      expect(guard?.test(scopeOf({ 'look.1': 'what' }))).toBe(false);
      expect(guard?.test(scopeOf({}))).toBe(false);
    }
    expect(steps.get('look')?.guard?.test(scopeOf({ 'look.1': {} }))).toBe(true);
    expect(steps.get('look')?.guard?.test(scopeOf({}))).toBe(false);
  });

  test('tells the model what it said and what came of that', () => {
    const steps = madeOf(`{ id: look, prompt: x, ${TOOLS} }`);
    const first = { text: '', calls: [CALL] };
    const outputs = { 'look.1': first, 'look.1.tools': [{ output: 1 }], 'look.2': { calls: [] } };
    expect(render(inputOf(steps.get('look.3')), scopeOf(outputs))).toEqual({
      prompt: 'x',
      tools: ['filesystem.read', 'git.log'],
      said: [
        { ...first, results: [{ output: 1 }] },
        { calls: [], results: [] },
      ],
    });
  });

  test('answers by the last question, or fails as that did', () => {
    const steps = madeOf(`{ id: look, prompt: x, ${TOOLS}, on_error: continue }`);
    const input = inputOf(steps.get('look'));
    const done = scopeOf({ 'look.1': { calls: [CALL] }, 'look.2': { answer: { n: 1 } } });
    expect(render(input, done)).toEqual({ answer: { n: 1 }, failed: null });
    const error = { code: 'prompt.busy', message: 'not now' };
    const errors = new Map([['look.2', error]]);
    const failed = scopeOf({ 'look.1': { calls: [CALL] } }, { errors });
    expect(render(input, failed)).toEqual({ answer: null, failed: error });
    expect(render(input, scopeOf({}))).toEqual({ answer: null, failed: null });
  });

  test('has each call made by the tool of its name, and tells what came of it', () => {
    const [read, log, told] = usesOf(
      madeOf(`{ id: look, prompt: x, ${TOOLS} }`).get('look.1.tools'),
    );
    const calling = (call: Json, outputs = {}, more: RunNames = {}) =>
      scopeOf(outputs, { named: new Map([['tool_call', call]]), ...more });
    expect(read?.guard?.test(calling(CALL))).toBe(true);
    expect(log?.guard?.test(calling(CALL))).toBe(false);
    expect(read?.guard?.test(scopeOf({}))).toBe(false);
    expect(render(inputOf(read), calling(CALL))).toEqual({
      tool: 'filesystem',
      action: 'read',
      with: { path: 'a.md' },
    });
    expect(render(inputOf(log), calling({ name: 'git.log' }))).toMatchObject({ with: {} });
    const { id, name } = CALL;
    const text = calling(CALL, { 'look.1.filesystem.read': 'text' });
    expect(render(inputOf(told), text)).toEqual({ answer: { id, name, output: 'text' } });
    const error = { code: 'tool.not_found', message: 'gone' };
    const errors = new Map([['look.1.filesystem.read', error]]);
    expect(render(inputOf(told), calling(CALL, {}, { errors }))).toEqual({
      answer: { id, name, error },
    });
    expect(render(inputOf(told), calling({}))).toMatchObject({
      answer: { error: { code: 'prompt.unknown_tool' } },
    });
  });

  test('taints what it calls and what comes behind it, and nothing before', () => {
    const { steps } = parsed(
      '{ emit: a }',
      `{ id: look, prompt: x, ${TOOLS} }`,
      '{ id: b, run: [b] }',
      `{ id: again, prompt: x, ${TOOLS} }`,
    );
    const tainted = steps.filter((step) => 'tainted' in step && step.tainted).map(({ id }) => id);
    expect(tainted).toContain('b');
    expect(tainted).toContain('again.1');
    expect(tainted).not.toContain('1');
    expect(tainted).not.toContain('look.1');
    const uses = usesOf(steps.find(({ id }) => id === 'look.1.tools'));
    expect(uses.map((use) => 'tainted' in use && use.tainted)).toEqual([true, true, false]);
  });

  test('has a say in the runs that later steps fork into, and in what undoes them', () => {
    const undone = '{ id: do, run: [a], compensate: { run: [b] } }';
    const first = '{ id: before, parallel: [{ emit: one }, { emit: two }] }';
    const { steps, errors } = parsed(
      first,
      `{ id: look, prompt: x, ${TOOLS}, rounds: 2 }`,
      undone,
      '{ id: all, parallel: [{ emit: one }, { emit: two }] }',
    );
    expect(errors).toEqual([]);
    const found = new Map(steps.map((step) => [step.id, step]));
    expect(found.get('before')?.tainted).toBeUndefined();
    expect(found.get('all')).toMatchObject({ kind: 'parallel', tainted: true });
    expect(found.get('do')).toMatchObject({ tainted: true, compensate: { tainted: true } });
  });
});

test.each([
  ['{ prompt: x, tools: [filesystm] }', 'there is no tool "filesystm", did you mean "filesystem"?'],
  ['{ prompt: x, tools: [git.lag] }', '"git" has no action "lag", did you mean "log"?'],
  ['{ prompt: x, tools: [] }', 'it is empty; name a tool, or leave it out'],
  ['{ prompt: x, rounds: 2 }', 'it bounds the use of "tools", and there are none'],
  [`{ prompt: x, ${TOOLS}, rounds: 17 }`, 'expected a number to be <=16'],
  [`{ prompt: x, ${TOOLS}, compensate: { emit: b } }`, '"compensate" has no place beside "tools"'],
  ['{ emit: a, compensate: { prompt: x, tools: [git] } }', '"tools" has no place in "compensate"'],
  ['{ emit: a, tools: [git] }', 'it belongs to "prompt"'],
])('%s is refused', (step, problem) => {
  expect(parsed(step).errors.join('\n')).toContain(problem);
});

test('a call of a tool that says what undoes it is undone by that', () => {
  const tool = 'tool: stage\nrun: [stage]\ncompensate: { tool: unstage }';
  const undo = 'tool: unstage\nrun: [unstage]';
  const text = 'flows: { a: { on: x, steps: [ { id: look, prompt: x, tools: [stage] } ] } }';
  const files = [
    { path: 'signalbox.yaml', text },
    { path: 'tools/stage.yaml', text: tool },
    { path: 'tools/unstage.yaml', text: undo },
  ];
  const shapesWith: ParseOptions['shapesWith'] = (tools) => withOwnTools(builtInShapes, tools);
  const options = { shapes: builtInShapes, shapesWith, variables, settings };
  const { flows, findings } = parseFiles(files, options);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const [use] = usesOf(flows.get('a')?.steps[1]);
  expect(use).toMatchObject({
    id: 'look.1.stage.run',
    compensate: { id: 'look.1.stage.run.undo', kind: 'tool' },
  });
});

test('where no tools are known, a prompt stands for itself', () => {
  const text = `flows: { look: { on: x, steps: [ { id: look, prompt: x, ${TOOLS} } ] } }`;
  const shapes = builtInShapes.filter(({ kind }) => kind !== 'tool');
  const files = [{ path: 'signalbox.yaml', text }];
  const { flows } = parseFiles(files, { shapes, variables, settings });
  expect(flows.get('look')?.steps.map(({ id }) => id)).toEqual(['look']);
});

test('a flow whose tools and rounds are too many steps is refused', () => {
  const step = '{ prompt: x, tools: [filesystem, git], rounds: 16 }';
  const { errors } = parsed(...Array.from({ length: 9 }, () => step));
  expect(errors[0]).toContain('stand for more than 1000 steps');
});
