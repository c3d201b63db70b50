import { isObject, type Json } from '../../std/json.ts';
import type { Condition } from '../condition.ts';
import { type ActionStep, DEFAULT_RETRY, type Effect, type ForkStep, type Step } from '../flow.ts';
import type { Scope } from '../scope.ts';
import type { StepShape, UsableAction } from '../step-shape.ts';
import type { Template, TemplateTree } from '../template.ts';
import type { ParseContext } from './context.ts';
import { toolUndo } from './tool-undo.ts';
import { placeAt, type YamlMapping } from './yaml-node.ts';

/** How often a model is asked within a step that does not say so. */
const ROUNDS = 8;
/** The name of one call within the steps that answer it. */
const CALL = 'tool_call';

/** How steps are written that use tools. */
interface ToolsShape extends StepShape {
  readonly usable: NonNullable<StepShape['usable']>;
  readonly timeoutOf: NonNullable<StepShape['timeoutOf']>;
  /** What is usable has an effect. */
  readonly effectOf: (input: TemplateTree) => Effect;
}

function isToolsShape(shape: StepShape | undefined): shape is ToolsShape {
  return shape?.usable !== undefined;
}

/** What a step with tools is made of. */
interface Parts {
  readonly step: ActionStep;
  readonly actions: readonly UsableAction[];
  readonly shape: ToolsShape;
  readonly context: ParseContext;
}

/**
 * The steps that a `prompt` with `tools` stands for: the model is asked, each call that it wants is
 * a `tool` step of its own, and it is asked again with what came of them, so often; the last of the
 * steps has the step's own id and gives the answer. Every call is thus recorded, judged and
 * recovered as any other step is, and no question is asked twice.
 *
 * A step without tools stands for itself. Reports names of tools that there are not.
 */
export function withRounds(
  step: ActionStep,
  node: YamlMapping,
  context: ParseContext,
): readonly Step[] {
  const { tools, rounds = ROUNDS } = inputOf(step);
  const shape = context.shapes.get('tool');
  if (!Array.isArray(tools) || !isToolsShape(shape)) return [step];
  const actions = usableOf(tools, node, context, shape.usable);
  const parts = { step, actions, shape, context };
  const count = Number(rounds);
  const asked = Array.from({ length: count }, (_, index) => askId(step, index + 1));
  const steps = asked.flatMap((_, index) => roundOf(index + 1, count, parts));
  return [...steps, answerOf(step, asked)];
}

function usableOf(
  names: readonly unknown[],
  node: YamlMapping,
  { flow, mentions, report }: ParseContext,
  usable: NonNullable<StepShape['usable']>,
): readonly UsableAction[] {
  const found = names.flatMap((name, index) => {
    const at = placeAt(node, ['tools', String(index)]);
    const actions = usable(String(name));
    if (!('code' in actions)) return actions.map((action) => ({ action, at }));
    report({ at, ...actions });
    return [];
  });
  const once = [...new Map(found.map((each) => [nameOf(each.action), each])).values()];
  for (const { action, at } of once) {
    mentions.tools.push({ tool: action.tool, flow, conditional: true, at, report });
  }
  return once.map(({ action }) => action);
}

/** One question, and where it is not the last one, what answers the calls that it leads to. */
function roundOf(round: number, count: number, parts: Parts): readonly Step[] {
  const ask = questionOf(round, count, parts);
  return round === count ? [ask] : [ask, useOf(round, parts)];
}

function questionOf(round: number, count: number, { step, actions }: Parts): ActionStep {
  const { gate, guard } = step;
  const said = Array.from({ length: round - 1 }, (_, index) => index + 1);
  const before = askId(step, round - 1);
  return {
    ...without(step, 'gate', 'guard', 'output', 'usualNames', 'pivot'),
    id: askId(step, round),
    input: {
      ...without(inputOf(step), 'rounds'),
      tools: actions.map(nameOf),
      ...(round > 1 && { said: template(`rounds 1 to ${round - 1}`, saidIn(step, said)) }),
      ...(round === count && { last: true }),
    },
    // What was approved is the step: its further questions are a part of it.
    ...(round === 1 && gate !== undefined && { gate }),
    guard: round === 1 ? guard : wants(before),
  };
}

/** What the rounds before have said, with what came of the calls. */
function saidIn(step: ActionStep, rounds: readonly number[]): Template['render'] {
  return (scope) =>
    rounds.map((round) => ({
      ...objectOf(outputOf(scope, askId(step, round))),
      results: outputOf(scope, useId(step, round)) ?? [],
    }));
}

function useOf(round: number, parts: Parts): ForkStep {
  const { step } = parts;
  const ask = askId(step, round);
  const calls = template(`calls of ${ask}`, (scope) => callsOf(scope, ask));
  const uses = parts.actions.map((action) => toolStep(ask, action, parts));
  const steps = [...uses, toldStep(ask, uses)];
  return {
    id: useId(step, round),
    kind: 'each',
    guard: wants(ask),
    onError: step.onError,
    fork: { kind: 'each', items: calls, as: CALL, do: steps, concurrency: 1 },
  };
}

function toolStep(ask: string, action: UsableAction, { shape, context }: Parts): ActionStep {
  const name = nameOf(action);
  const id = `${ask}.${name}`;
  const given = template('what the model gives', (scope) => callIn(scope)['input'] ?? {});
  const input = { ...action, with: given };
  const undo = context.undos && toolUndo({ id, input }, context.undos);
  return {
    id,
    kind: 'tool',
    guard: condition(`${CALL}.name == '${name}'`, (scope) => callIn(scope)['name'] === name),
    input,
    retry: DEFAULT_RETRY,
    timeoutMs: shape.timeoutOf(input) ?? shape.timeoutMs,
    effect: shape.effectOf(input),
    // What goes wrong is told to the model.
    onError: 'continue',
    tainted: true,
    ...(undo !== undefined && { compensate: { ...undo, tainted: true } }),
  };
}

/** Tells what came of a call, in the form in which the model hears of it. */
function toldStep(ask: string, uses: readonly ActionStep[]): ActionStep {
  const answer = template('what came of the call', (scope) => {
    const { id = '', name = '' } = callIn(scope);
    for (const use of uses) {
      const known = stepIn(scope, use.id);
      if (known !== undefined) return { id, name, ...known };
    }
    return { id, name, error: { code: 'prompt.unknown_tool', message: 'There is no such tool.' } };
  });
  return innerStep(`${ask}.told`, { answer });
}

/** Gives what the model said last, or fails as the question failed that it did not answer. */
function answerOf(step: ActionStep, asked: readonly string[]): ActionStep {
  const lastIn = (scope: Scope): { readonly [key: string]: Json } =>
    asked.map((id) => stepIn(scope, id)).findLast((known) => known !== undefined) ?? {};
  const answer = template('the last answer', (scope) => {
    return objectOf(lastIn(scope)['output'])['answer'] ?? null;
  });
  const failed = template('why it was not asked to the end', (scope) => {
    return lastIn(scope)['error'] ?? null;
  });
  return {
    ...without(step, 'gate', 'retry', 'effect', 'verify'),
    ...innerStep(step.id, { answer, failed }),
    guard: condition('the model was asked', (scope) => stepIn(scope, askId(step, 1)) !== undefined),
  };
}

/** A step that gives a value: no file can say it. */
function innerStep(id: string, input: { readonly [key: string]: Template }): ActionStep {
  const calm = { retry: DEFAULT_RETRY, timeoutMs: INNER_TIMEOUT_MS, effect: 'idempotent' } as const;
  return { id, kind: 'answer', input, ...calm };
}

const INNER_TIMEOUT_MS = 60_000;

function askId({ id }: ActionStep, round: number): string {
  // No step of a file has a dot in its id.
  return `${id}.${round}`;
}

function useId(step: ActionStep, round: number): string {
  return `${askId(step, round)}.tools`;
}

function nameOf({ tool, action }: UsableAction): string {
  return `${tool}.${action}`;
}

function inputOf({ input }: ActionStep): { readonly [key: string]: TemplateTree } {
  return input as { readonly [key: string]: TemplateTree };
}

/** Whether a question led to calls. */
function wants(ask: string): Condition {
  return condition(`${ask} calls tools`, (scope) => callsOf(scope, ask).length > 0);
}

function callsOf(scope: Scope, ask: string): readonly Json[] {
  const { calls } = objectOf(outputOf(scope, ask));
  return Array.isArray(calls) ? (calls as readonly Json[]) : [];
}

function callIn(scope: Scope): { readonly [key: string]: Json } {
  return objectOf(scope.get(CALL));
}

function outputOf(scope: Scope, id: string): Json | undefined {
  return stepIn(scope, id)?.['output'];
}

function stepIn(scope: Scope, id: string): { readonly [key: string]: Json } | undefined {
  const known = objectOf(scope.get('steps'))[id];
  return isObject(known) ? known : undefined;
}

function objectOf(value: Json | undefined): { readonly [key: string]: Json } {
  return isObject(value) ? value : {};
}

function without<T extends object, K extends keyof T>(
  whole: T,
  ...names: readonly K[]
): Omit<T, K> {
  const left = Object.entries(whole).filter(([name]) => !names.includes(name as K));
  return Object.fromEntries(left) as Omit<T, K>;
}

function template(text: string, render: Template['render']): Template {
  return { kind: 'template', text, render };
}

function condition(text: string, test: Condition['test']): Condition {
  return { text, test };
}
