import type { Flow, Step } from '../flows/flow.ts';
import { NOT_RETURNED, type Returned, type RunNames } from '../flows/scope.ts';
import type { Json } from '../std/json.ts';
import type {
  JournalEvent,
  RunFailing,
  RunSucceeded,
  StepCompleted,
  StepFailed,
  Within,
} from './journal.ts';
import { isUndoing, type Path, stepAt, stepsOf, stepsWithin } from './position.ts';
import type { Passed } from './settle.ts';

/** What a run's steps have given so far, as the names of later steps find it. */
export type Story = Required<Pick<RunNames, 'outputs' | 'output' | 'named' | 'errors'>> & {
  /** What the run has failed with, for the steps that do something about it. */
  readonly error?: { readonly step: string; readonly code: string; readonly message: string };
  /** Why what the run proposed last was returned to it; nothing where none was. */
  readonly returned: Returned;
};

/** How every run begins. */
export const NO_STORY: Story = {
  outputs: new Map(),
  output: null,
  named: new Map(),
  errors: new Map(),
  returned: NOT_RETURNED,
};

/** The story as one more record of its run tells it. Copies what it changes. */
export function told(story: Story, entry: JournalEvent, flow: Flow): Story {
  // Nobody names what an undo gave.
  if ('at' in entry && isUndoing(entry.at)) return story;
  switch (entry.type) {
    case 'step.completed':
    case 'step.failed':
    case 'run.succeeded': {
      const step = stepAt(flow, entry.at);
      const passed = passedBy(entry);
      return step === undefined || passed === undefined ? story : withStep(story, step, passed);
    }
    case 'run.failing':
      return withFailure(story, stepAt(flow, entry.at), entry);
    case 'step.returned': {
      const { by, reason, from } = entry;
      const returned = { by, reason: reason ?? '', step: from };
      return { ...upTo(story, entry.at, flow), returned };
    }
    case 'run.retried':
      return upTo(story, entry.at, flow);
    default:
      return story;
  }
}

/** What the record says of its step; undefined where that was passed over. */
function passedBy(entry: StepCompleted | StepFailed | RunSucceeded): Passed | undefined {
  const { within } = entry;
  const inner = within === undefined ? {} : { within };
  if ('error' in entry && entry.error !== undefined) return { error: entry.error, ...inner };
  if (!('output' in entry) || ('skipped' in entry && entry.skipped)) return undefined;
  return { output: entry.output, ...inner };
}

/** The story with what has become of a step, and of those within it. */
export function withStep(story: Story, step: Step, passed: Passed): Story {
  if (step.choice !== undefined) return story;
  const { id } = step;
  const names = namesOf(step);
  const inner = withWithin(story, passed.within, step);
  if ('error' in passed) {
    const { code, message } = passed.error;
    return { ...inner, output: null, errors: new Map(inner.errors).set(id, { code, message }) };
  }
  const { output } = passed;
  const outputs = new Map(inner.outputs).set(id, output);
  if (names.length === 0) return { ...inner, output, outputs };
  const given = names.map((name) => [name, output] as const);
  return { ...inner, output, outputs, named: new Map([...inner.named, ...given]) };
}

/** The names under which later steps find what a step gives, beside `steps.ID.output`. */
function namesOf(step: Step): readonly string[] {
  if (step.choice !== undefined) return [];
  if (step.output !== undefined) return [step.output];
  return step.fork === undefined ? (step.usualNames ?? []) : [];
}

/** The story as the steps find it that are done about a failure. */
export function withFailure(
  story: Story,
  step: Step | undefined,
  failure: Pick<RunFailing, 'step' | 'error' | 'within'>,
): Story {
  const { code, message } = failure.error;
  const { output } = story;
  const inner = withWithin(story, failure.within, step);
  return { ...inner, output, error: { step: failure.step, code, message } };
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
  const names = new Set(later.flatMap(namesOf));
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
