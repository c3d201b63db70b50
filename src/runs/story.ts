import type { Flow, Step } from '../flows/flow.ts';
import type { RunNames } from '../flows/scope.ts';
import type { Json } from '../std/json.ts';
import type { JournalEvent, RunSucceeded, Within } from './journal.ts';
import { type Path, stepAt, stepsOf, stepsWithin } from './position.ts';
import type { Passed } from './settle.ts';

/** What a run's steps have given so far, as the names of later steps find it. */
export type Story = Required<Pick<RunNames, 'outputs' | 'output' | 'named' | 'errors'>> & {
  /** What the run has failed with, for the steps that do something about it. */
  readonly error?: { readonly step: string; readonly code: string; readonly message: string };
};

/** How every run begins. */
export const NO_STORY: Story = {
  outputs: new Map(),
  output: null,
  named: new Map(),
  errors: new Map(),
};

/** The story as one more record of its run tells it. Copies what it changes. */
export function told(story: Story, entry: JournalEvent, flow: Flow): Story {
  switch (entry.type) {
    case 'step.completed': {
      const step = stepAt(flow, entry.at);
      const inner = withWithin(story, entry.within, step);
      return step === undefined ? inner : withStep(inner, step, { output: entry.output });
    }
    case 'step.failed': {
      const step = stepAt(flow, entry.at);
      const inner = withWithin(story, entry.within, step);
      return step === undefined ? inner : withStep(inner, step, { error: entry.error });
    }
    case 'run.succeeded':
      return entry.skipped === true ? story : toldEnd(story, entry, flow);
    case 'run.failing':
      return withFailure(story, entry);
    case 'run.retried':
      return upTo(story, entry.at, flow);
    default:
      return story;
  }
}

function toldEnd(story: Story, entry: RunSucceeded, flow: Flow): Story {
  const { at, output, error, within } = entry;
  const step = stepAt(flow, at);
  const inner = withWithin(story, within, step);
  if (step === undefined) return inner;
  return withStep(inner, step, error === undefined ? { output } : { error });
}

/** The story with what has become of a step. */
export function withStep(story: Story, step: Step, passed: Passed): Story {
  if (step.choice !== undefined) return story;
  const { id, output: name } = step;
  if ('error' in passed) {
    const { code, message } = passed.error;
    return { ...story, output: null, errors: new Map(story.errors).set(id, { code, message }) };
  }
  const { output } = passed;
  const outputs = new Map(story.outputs).set(id, output);
  if (name === undefined) return { ...story, output, outputs };
  return { ...story, output, outputs, named: new Map(story.named).set(name, output) };
}

/** The story as the steps find it that are done about a failure. */
export function withFailure(
  story: Story,
  failure: { readonly step: string; readonly error: { code: string; message: string } },
): Story {
  const { step, error } = failure;
  return { ...story, error: { step, code: error.code, message: error.message } };
}

/** The story as a branch begins with it whose item has a name. */
export function withItem(story: Story, name: string, item: Json): Story {
  return { ...story, named: new Map(story.named).set(name, item) };
}

/** The story with what the steps of a fork's branches gave. */
function withWithin(story: Story, within: Within | undefined, fork: Step | undefined): Story {
  if (within === undefined || fork === undefined) return story;
  let next = story;
  for (const [, step] of stepsWithin([fork])) {
    const { [step.id]: output } = within.outputs;
    const { [step.id]: error } = within.errors;
    if (output !== undefined) next = withStep(next, step, { output });
    if (error !== undefined)
      next = withStep(next, step, { error: { ...error, happened: 'maybe' } });
  }
  return next;
}

/** What the steps inside a fork gave, out of the story of one of its branches. */
export function withinOf({ outputs, errors }: Story, fork: Step): Within {
  const ids = Array.from(stepsWithin([fork]), ([, { id }]) => id).slice(1);
  const given = <T>(map: ReadonlyMap<string, T>): Record<string, T> =>
    Object.fromEntries(ids.flatMap((id) => (map.has(id) ? [[id, map.get(id) as T]] : [])));
  return { outputs: given(outputs), errors: given(errors) };
}

/** The story without the steps from a place on: they are to be done again. */
function upTo(story: Story, at: Path, flow: Flow): Story {
  const steps = [...stepsOf(flow)];
  const from = steps.findIndex(([path]) => path === at);
  const later = steps.slice(Math.max(from, 0)).map(([, step]) => step);
  const ids = new Set(later.map(({ id }) => id));
  const names = new Set(later.flatMap((step) => (step.choice ? [] : (step.output ?? []))));
  const outputs = new Map([...story.outputs].filter(([id]) => !ids.has(id)));
  const { error: _, ...rest } = story;
  return {
    ...rest,
    outputs,
    output: [...outputs.values()].at(-1) ?? null,
    errors: new Map([...story.errors].filter(([id]) => !ids.has(id))),
    named: new Map([...story.named].filter(([name]) => !names.has(name))),
  };
}
