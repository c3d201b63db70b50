import type { ActionStep } from '../flows/flow.ts';
import { noRedaction } from '../std/redact.ts';
import type { AppendResult } from '../store/contract.ts';
import type { DriverOptions } from './driver-options.ts';
import { emissions } from './emission.ts';
import type { Motion } from './motion.ts';
import type { Recorder } from './recorder.ts';
import { redactedResult } from './redacted-result.ts';
import type { Emission } from './step-kind.ts';
import { type Hearing, keyedWrites, type ToldEvent } from './tellings.ts';

type Surroundings = Pick<DriverOptions, 'tellings' | 'time' | 'secrets'>;

/** How a call of a step listens to what is sent as its run's, and adds to it. */
export function hearingOf(
  motion: Motion,
  step: ActionStep,
  options: Surroundings,
  recorder: Pick<Recorder, 'append'>,
): (() => Hearing) | undefined {
  const { tellings } = options;
  if (tellings === undefined) return undefined;
  return () => ({
    ...tellings.begin(motion.id),
    tell: (told) => tell(told, { motion, step, options, recorder }),
  });
}

interface Telling {
  readonly motion: Motion;
  readonly step: ActionStep;
  readonly options: Surroundings;
  readonly recorder: Pick<Recorder, 'append'>;
}

async function tell(
  told: readonly Emission[],
  { motion, step, options: { time, secrets }, recorder }: Telling,
): Promise<readonly ToldEvent[] | undefined> {
  const done = { kind: 'done', output: null, emits: told } as const;
  const given = redactedResult(done, secrets?.known ?? noRedaction);
  const { result, emits } = emissions(motion, given, time.now());
  if (result.kind !== 'done') return undefined;
  const events: ToldEvent[] = [];
  for (const write of keyedWrites(motion.key(step.id), emits)) {
    const seq = seqOf(await recorder.append({ writes: [write] }));
    if (seq === undefined) return undefined;
    events.push({ seq, type: write.record.type });
  }
  return events;
}

/** Where an event is in the log, now or since an earlier attempt; undefined where it is not. */
function seqOf(result: AppendResult): number | undefined {
  if (result.kind === 'appended') return result.first;
  return result.kind === 'duplicate' ? result.seq : undefined;
}
