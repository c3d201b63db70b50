import { draftProblem } from '../events/event.ts';
import type { Json } from '../std/json.ts';
import type { EventWrite } from '../store/contract.ts';
import { traceparentOf } from '../store/record.ts';
import { failure, OUTPUT_LENGTH_MAX } from './attempt.ts';
import { answerKey } from './answer.ts';
import { isInteractiveRun, markOf } from './interactive.ts';
import type { Motion } from './motion.ts';
import { stepAt } from './position.ts';
import type { Emission, StepResult } from './step-kind.ts';
import { trustOf } from './trust.ts';

/**
 * What a step asked to emit, as writes that stand in one unit with its completion: they are
 * recorded once, or not at all. An event that nobody may emit fails the step.
 */
export function emissions(
  motion: Motion,
  result: StepResult,
  received: number,
): { readonly result: StepResult; readonly emits: readonly EventWrite[] } {
  if (result.kind !== 'done' || result.emits === undefined) return { result, emits: [] };
  const emits: EventWrite[] = [];
  const answers = new Set<string>();
  for (const emission of result.emits) {
    const data = textOf(emission.data);
    if (data === undefined) return refused('its data is no JSON.');
    const problem = problemOf(motion, emission, data);
    if (problem !== undefined) return refused(problem);
    const write = emitted(motion, { ...emission, data }, received);
    // What answers the same event by the same type is one event.
    if (write.dedupe !== undefined && answers.has(write.dedupe.key)) continue;
    if (write.dedupe !== undefined) answers.add(write.dedupe.key);
    emits.push(write);
  }
  return { result, emits };
}

function refused(problem: string): ReturnType<typeof emissions> {
  const result = failure('emit.invalid', `The event cannot be emitted: ${problem}`);
  return { result, emits: [] };
}

/** The payload as text; undefined for what is no JSON. */
function textOf(data: Json): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    return undefined;
  }
}

function problemOf(
  { flow }: Motion,
  { type, subject }: Emission,
  data: string,
): string | undefined {
  if (data.length > OUTPUT_LENGTH_MAX) {
    return `its data has ${data.length} characters; at most ${OUTPUT_LENGTH_MAX} are allowed.`;
  }
  return draftProblem({ type, source: `flow:${flow.name}`, subject, data });
}

function emitted(
  motion: Motion,
  { type, subject, data, answers }: Omit<Emission, 'data'> & { readonly data: string },
  received: number,
): EventWrite {
  const { correlation, hops } = motion.run;
  // What a rule of a choreography emits answers the event that the rule was told of.
  const cause = answers ?? (motion.flow.rule && motion.origin.event.seq);
  return {
    kind: 'event',
    ...(cause === undefined ? {} : { dedupe: answerKey({ cause, type, instance: correlation }) }),
    record: {
      type,
      version: 1,
      source: `flow:${motion.flow.name}`,
      id: null,
      subject: subject ?? null,
      received,
      correlation,
      causation: cause ?? motion.id,
      hops,
      attributes: attributesOf(motion),
      data,
    },
  };
}

/**
 * What came in untrusted goes on untrusted, what was started to be asked goes on asking, and a
 * trace that came in goes on as the step's. What a rule emits names its choreography and the rule.
 */
function attributesOf(motion: Motion): string | null {
  const { event } = motion.origin;
  const untrusted = trustOf(motion) === 'untrusted' ? { trust: 'untrusted' } : {};
  const step = traceparentOf(event) === undefined ? undefined : stepAt(motion.flow, motion.run.at);
  const traced = step && { traceparent: motion.traceparent(step.id) };
  const { rule } = motion.flow;
  const ruled = rule && { choreography: rule.choreography, rule: rule.id };
  const extensions = (traced ?? ruled) && { extensions: { ...traced, ...ruled } };
  const attributes = { ...untrusted, ...markOf(isInteractiveRun(motion)), ...extensions };
  return Object.keys(attributes).length === 0 ? null : JSON.stringify(attributes);
}
