import type { StepContext, StepKind, StepResult } from '../../runs/step-kind.ts';
import { isObject, type Json } from '../../std/json.ts';

/** Kinds of steps that act on the world: in a test they only say what they would do. */
export const EFFECT_KINDS = ['run', 'tool', 'http', 'prompt'] as const;

export type EffectKind = (typeof EFFECT_KINDS)[number];

/** What a step would have done. */
export interface TestEffect {
  readonly kind: EffectKind;
  readonly flow: string;
  readonly step: string;
  readonly run: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** The same for every attempt at the step of this run. */
  readonly key: string;
  /** The step's mapping with its templates filled in. */
  readonly input: Json;
  /** When, as ISO 8601 of the virtual clock. */
  readonly at: string;
}

/**
 * What a step gives: a value, or a function of what it would have done, which may throw to have it
 * fail, and hang to have it time out. One that gives nothing for a step of the tool `signalbox`
 * has it done: it acts on the engine alone.
 */
export type Answer = Json | ((effect: TestEffect) => Json | undefined | Promise<Json | undefined>);

/** The tool that acts on the engine alone: where nothing answers for it, it does so. */
export const OWN_TOOL = 'signalbox';

/** What the steps of each kind give; tools also by their names. */
export type Answers = { readonly [K in EffectKind]?: Answer } & {
  readonly tools?: { readonly [name: string]: Answer };
};

/** What stands in for a kind of steps. */
export interface StandIn {
  readonly answers: Answers;
  /** Where it is noted what steps would do. */
  readonly effects: TestEffect[];
  /** No time passes until that is settled. */
  readonly hold: <T>(promise: Promise<T>) => Promise<T>;
}

/**
 * The same kind of steps, but that it acts on nothing: it notes what it would do, and gives what it
 * was told. What it would do is proposed as ever.
 */
export function answeringKind(real: StepKind, { answers, effects, hold }: StandIn): StepKind {
  const { shape, inputKeys = [] } = real;
  const kind = shape.kind as EffectKind;
  const execute = async (context: StepContext): Promise<StepResult> => {
    const effect = effectOf(kind, context);
    effects.push(effect);
    const answer = answerFor(effect, answers);
    // A function that returns nothing, as JavaScript lets it, gives null.
    const output: Json | undefined = typeof answer === 'function' ? await answer(effect) : answer;
    // What it does stays within the engine.
    if (output === undefined && toolOf(effect) === OWN_TOOL) return real.execute(context);
    return answer === undefined ? unanswered(effect) : { kind: 'done', output: output ?? null };
  };
  const propose = real.propose?.bind(real);
  if (propose === undefined) return { shape, execute };
  return { shape, inputKeys, execute, propose: (call) => hold(propose(call)) };
}

function effectOf(kind: EffectKind, context: StepContext): TestEffect {
  const { flow, step, run, attempt, key, input, now } = context;
  return { kind, flow, step, run, attempt, key, input, at: new Date(now).toISOString() };
}

function answerFor({ kind, input }: TestEffect, answers: Answers): Answer | undefined {
  const { tools = {} } = answers;
  const name = toolOf({ kind, input });
  return name !== undefined && Object.hasOwn(tools, name) ? tools[name] : answers[kind];
}

/** The tool that an effect uses; undefined where it uses none. */
export function toolOf({ kind, input }: Pick<TestEffect, 'kind' | 'input'>): string | undefined {
  const tool = kind === 'tool' && isObject(input) ? input['tool'] : undefined;
  return typeof tool === 'string' ? tool : undefined;
}

function unanswered({ kind, flow, step }: TestEffect): StepResult {
  const remedy = `Give the test one: answers: { ${kind}: … }.`;
  const message = `Nothing answers the step "${step}" of flow "${flow}". ${remedy}`;
  return { kind: 'fail', error: { code: 'test.unanswered', message, happened: 'no' } };
}
