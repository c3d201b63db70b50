import { draftProblem } from '../events/event.ts';
import type { EventWrite } from '../store/contract.ts';
import { failure } from './attempt.ts';
import type { Motion } from './motion.ts';
import type { Emission, StepResult } from './step-kind.ts';

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
  const source = `flow:${motion.flow.name}`;
  for (const { type, subject } of result.emits) {
    const problem = draftProblem({ type, source, subject, data: '' });
    if (problem === undefined) continue;
    return {
      result: failure('emit.invalid', `The event cannot be emitted: ${problem}`),
      emits: [],
    };
  }
  return { result, emits: result.emits.map((emission) => emitted(motion, emission, received)) };
}

function emitted(motion: Motion, { type, subject, data }: Emission, received: number): EventWrite {
  const { correlation, hops } = motion.run;
  return {
    kind: 'event',
    record: {
      type,
      version: 1,
      source: `flow:${motion.flow.name}`,
      id: null,
      subject: subject ?? null,
      received,
      correlation,
      causation: motion.id,
      hops,
      // What came in untrusted goes on untrusted: taint is never lost on the way.
      attributes: motion.event().trust === 'untrusted' ? '{"trust":"untrusted"}' : null,
      data: JSON.stringify(data),
    },
  };
}
