import type { Flow } from '../../flows/flow.ts';
import type { LogRecord } from '../../store/contract.ts';
import {
  decodeJournal,
  type Intent,
  type JournalEvent,
  type JournalType,
  type RunFailed,
  type RunFailing,
  RUN_ENDS,
  type StepCompleted,
} from '../journal.ts';
import { isAction } from '../next.ts';
import { stepAt } from '../position.ts';
import type { StepError } from '../step-kind.ts';
import type { RunCompensating } from '../undo-records.ts';
import type { Answer, Visit, Way } from './recording.ts';

/**
 * The way of a run through its flow, by its records, oldest first: what each of its steps came to.
 * It is told as far as the run went by itself; where a person sent it elsewhere, it says so.
 */
export function wayOf(flow: Flow, records: readonly LogRecord[]): Way {
  const reading = new Reading(flow);
  for (const record of records) {
    const entry = decodeJournal(record);
    if (entry === undefined) continue;
    if (!reading.note(entry, record)) break;
  }
  return reading.way;
}

/** What a person did to a run that the definition of its flow does not say. */
const DEEDS: Readonly<Partial<Record<JournalType, string>>> = {
  'run.retried': 'a person had it do a step again',
  'run.moved': 'a person had it go on by another definition',
  'step.returned': 'what it proposed was returned to an earlier step',
};

type Open = { -readonly [K in keyof Visit]: Visit[K] } & { answers: Answer[]; isOver: boolean };

type Place = Pick<LogRecord, 'received' | 'seq' | 'prev'>;

class Reading {
  readonly #flow: Flow;
  readonly #visits: Open[] = [];
  #end: Way['end'];
  #stop: string | undefined;
  /** What the record before intends. */
  #intent: Intent & { readonly since: number } = { at: '', attempt: 0, since: 0 };
  #failing: RunFailing | undefined;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  get way(): Way {
    return { visits: this.#visits, end: this.#end, stop: this.#stop };
  }

  /** False where it cannot be followed any further. */
  note(entry: JournalEvent, place: Place): boolean {
    const deed = DEEDS[entry.type];
    if (deed !== undefined) this.#stop = deed;
    // What is undone of a run that had ended is a matter of the run that opened it.
    if (deed !== undefined || this.#end !== undefined) return false;
    this.#visit(entry, place);
    if ('next' in entry) this.#intent = { ...entry.next, since: place.received };
    if (entry.type === 'run.started') {
      const { at, attempt } = entry;
      this.#intent = { at, attempt, since: place.received };
    }
    const state = RUN_ENDS.get(entry.type);
    if (state !== undefined) this.#end = { state, seq: place.seq };
    return true;
  }

  #visit(entry: JournalEvent, place: Place): void {
    switch (entry.type) {
      case 'step.started': {
        const last = this.#visits.at(-1);
        const begins = !this.#isBegun(entry.at) && last?.isOver !== false;
        // Begun again, it leaves a doubt whether it happened before.
        this.#answer(entry, place, { kind: 'note', entry, begins });
        return;
      }
      case 'step.forked': {
        if (entry.of !== undefined) return;
        const visit = this.#open(entry, place);
        visit.fork = place.prev ?? undefined;
        return;
      }
      case 'step.completed':
        // What others undo goes on until all of it is.
        if (entry.more !== true) this.#answer(entry, place, doneBy(entry), true);
        return;
      case 'run.succeeded':
        if (entry.skipped === true) return;
        this.#answer(
          entry,
          place,
          entry.error ? this.#failed(entry, entry.error) : doneBy(entry),
          true,
        );
        return;
      case 'step.failed':
        this.#answer(entry, place, this.#failed(entry, entry.error), true);
        return;
      case 'run.failing':
        this.#answer(entry, place, this.#ended(entry), true);
        this.#failing = entry;
        return;
      case 'step.retrying':
        this.#answer(entry, place, { kind: 'retry', error: entry.error });
        return;
      case 'step.proposed':
      case 'step.approved': {
        const visit = this.#open(entry, place);
        visit.asked = true;
        visit.asOf = entry.asOf;
        this.#answer(entry, place, { kind: 'note', entry });
        return;
      }
      case 'step.waiting':
      case 'step.awaited':
      case 'step.parked':
      case 'step.unknown':
        this.#answer(entry, place, { kind: 'note', entry });
        return;
      default:
        this.#last(entry, place);
    }
  }

  /** What ends the run, or begins to undo it. */
  #last(entry: JournalEvent, place: Place): void {
    switch (entry.type) {
      case 'run.failed':
        this.#over(entry, entry.error, place);
        return;
      case 'run.noop':
        if (this.#isBegun(entry.at)) this.#answer(entry, place, { kind: 'noop' }, true);
        return;
      case 'run.declined':
      case 'run.cancelled': {
        const { by, reason } = entry;
        const kind = entry.type === 'run.declined' ? 'declined' : 'cancelled';
        this.#answer(entry, place, { kind, decision: { by, reason } }, true);
        return;
      }
      case 'run.compensating':
        this.#compensating(entry, place);
        return;
      case 'run.compensated':
        this.#answer(entry, place, { kind: 'done', output: entry.output ?? null }, true);
        return;
      case 'run.stuck': {
        const { failed: last, output = null, at } = entry;
        const step = stepAt(this.#flow, at)?.id ?? entry.step;
        const answer: Answer =
          last === undefined
            ? { kind: 'done', output }
            : this.#failed({ at, attempt: last.attempt }, last.error);
        this.#answer({ at, step }, place, answer, true);
        return;
      }
      default:
    }
  }

  /** The run has failed, and with `on_failure` that may have been some steps ago. */
  #over(
    entry: Pick<RunFailed, 'at' | 'step' | 'attempt' | 'type'> | RunCompensating,
    error: StepError,
    place: Place,
  ): void {
    const failing = this.#failing;
    if (failing === undefined) {
      this.#answer(entry, place, this.#ended({ ...entry, error }), true);
      return;
    }
    const last = this.#visits.at(-1);
    const began = last?.isOver === false ? last : this.#begun(place);
    if (began === undefined) return;
    const isSame = error.message === failing.error.message;
    const lost = { code: 'step.unknown', message: error.message, happened: 'maybe' } as const;
    this.#answer(began, place, isSame ? { kind: 'lost' } : { kind: 'fail', error: lost }, true);
  }

  #compensating(entry: RunCompensating, place: Place): void {
    const { because, error, declined } = entry;
    if (error !== undefined) return this.#over(entry, error, place);
    const decision = 'by' in because ? because : { by: 'signalbox', reason: because.message };
    const kind = declined === true ? 'declined' : 'cancelled';
    this.#answer(entry, place, { kind, decision }, true);
  }

  /** The failure of a step: whether it would be tried again where its flow said so. */
  #failed({ at, attempt }: { at: string; attempt?: number }, error: StepError): Answer {
    const step = stepAt(this.#flow, at);
    if (step === undefined || !isAction(step)) return { kind: 'fail', error };
    const isKept = step.effect === 'ask' && (error.happened === 'maybe' || error.answered === true);
    const last = this.#visits.at(-1);
    const crashes = last?.at === at ? crashesOf(last) : 0;
    const isSpent = (attempt ?? 1) - crashes >= step.retry.attempts;
    return { kind: isSpent && !isKept ? 'retry' : 'fail', error };
  }

  #ended(entry: {
    readonly type: string;
    readonly at: string;
    readonly attempt: number;
    readonly error: StepError;
  }): Answer {
    const { error, type } = entry;
    if (!error.code.startsWith('run.')) return this.#failed(entry, error);
    return { kind: 'over', error, bare: type !== 'run.failing' };
  }

  #isBegun(at: string): boolean {
    const last = this.#visits.at(-1);
    if (last?.at === at && !last.isOver) return true;
    return this.#intent.at === at && this.#intent.attempt > 0;
  }

  /** The step that the record before intends, where it counts as begun. */
  #begun(place: Place): Open | undefined {
    const { at, attempt } = this.#intent;
    const step = stepAt(this.#flow, at);
    return attempt === 0 || step === undefined
      ? undefined
      : this.#open({ at, step: step.id }, place);
  }

  #open({ at, step }: { at: string; step: string }, { received, seq, prev }: Place): Open {
    const last = this.#visits.at(-1);
    const place = { last: seq, before: prev ?? seq };
    if (last?.at === at && !last.isOver) {
      Object.assign(last, place);
      return last;
    }
    const { at: intended, attempt, since } = this.#intent;
    const began = intended === at && attempt > 0 ? since : received;
    const visit = { at, step, began, answers: [], asked: false, ...place, isOver: false };
    this.#visits.push(visit);
    return visit;
  }

  #answer(
    { at, step }: { readonly at: string; readonly step: string },
    place: Place,
    answer: Answer,
    isOver = false,
  ): void {
    const visit = this.#open({ at, step }, place);
    visit.answers.push(answer);
    visit.isOver = isOver;
  }
}

function crashesOf({ answers }: Visit): number {
  const last = answers.findLast(
    (each) => each.kind === 'note' && each.entry.type === 'step.started',
  );
  return last?.kind === 'note' && last.entry.type === 'step.started' ? last.entry.crashes : 0;
}

function doneBy({
  output,
  usage,
  decision,
}: Pick<StepCompleted, 'output' | 'usage' | 'decision'>): Answer {
  if (decision !== undefined) return { kind: 'said', output, decision };
  return { kind: 'done', output, ...(usage && { usage }) };
}
