import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../../src/std/json.ts';
import type { LogRecord } from '../../../src/store/contract.ts';
import { AFTER_MS, type FlowScript, isDone, outcomeOf, type StepScript } from './script.ts';
import type { Call, Target } from './world.ts';

/** A record of a run as the log holds it; which fields there are, its type says. */
interface Entry {
  readonly at: string;
  readonly attempt: number;
  readonly epoch: number;
  readonly crashes: number;
  readonly due: number | null;
  readonly step: string;
  readonly output: Json;
  readonly next: { readonly at: string; readonly attempt: number };
  readonly error?: { readonly code: string; readonly message: string; readonly happened: string };
}

interface State {
  readonly status: Status;
  /** The place of the step at hand. */
  readonly at: number;
  readonly attempt: number;
  readonly epoch: number;
  readonly due: number | null;
  readonly crashes: number;
  /** How often the step at hand was put off. */
  readonly retries: number;
  /** How often the daemon died while the step at hand was under way. */
  readonly deaths: number;
}

const START: State = {
  status: 'queued',
  at: 0,
  attempt: 0,
  epoch: 0,
  due: null,
  crashes: 0,
  retries: 0,
  deaths: 0,
};

type Status = 'queued' | 'running' | 'waiting' | 'asking' | 'succeeded' | 'failed' | 'noop';

/**
 * What a run may do, said once more and in another way: one rule for each record, told by the story
 * so far. Rules return what is wrong, or undefined.
 */
export class RunModel {
  readonly id: number;
  readonly key: string;
  readonly flow: FlowScript;
  state: State = START;
  /** What the steps gave, as later steps find it: an output, or an error. */
  readonly given = new Map<string, { readonly output: Json } | { readonly error: Json }>();
  output: Json = null;
  error: Entry['error'] | undefined;
  readonly #target: (key: string) => Target;
  readonly #diskFills: boolean;
  /** The steps that the event has done, with their paths. */
  readonly #steps: readonly (readonly [string, StepScript])[];

  constructor(
    record: LogRecord,
    origin: {
      readonly flow: FlowScript;
      readonly shownId: string;
      readonly target: (key: string) => Target;
      readonly diskFills: boolean;
      /** The number of the event, where it has one. */
      readonly n: number | undefined;
    },
  ) {
    this.id = record.seq;
    this.key = origin.shownId;
    this.flow = origin.flow;
    this.#steps = origin.flow.steps
      .map((step, index) => [String(index), step] as const)
      .filter(([, step]) => isDone(step, origin.n));
    this.#target = origin.target;
    this.#diskFills = origin.diskFills;
    const { attempt, epoch, due } = entryOf(record);
    this.state = { ...START, attempt, epoch, due, status: due === null ? 'running' : 'queued' };
  }

  get ended(): boolean {
    return ['succeeded', 'failed', 'noop'].includes(this.state.status);
  }

  get step(): StepScript | undefined {
    return this.#steps[this.state.at]?.[1];
  }

  /** The daemon has died. */
  died(): void {
    const { status, attempt, deaths } = this.state;
    if (status === 'running' && attempt > 0) this.state = { ...this.state, deaths: deaths + 1 };
  }

  /** Whether the record may come now, written by a session of that epoch; and what it changes. */
  advance(record: LogRecord, epoch: number): string | undefined {
    const entry = entryOf(record);
    const { step } = this;
    if (this.ended) return `${record.type} after the end`;
    if (record.type === 'run.noop') return this.#noop();
    if (step === undefined || entry.at !== this.#steps[this.state.at]?.[0])
      return `${record.type} at ${entry.at}`;
    if (entry.step !== step.id) return `${record.type} names step ${entry.step}`;
    switch (record.type) {
      case 'step.started':
        return this.#started(entry, record.received, epoch);
      case 'step.completed':
      case 'run.succeeded':
        return this.#completed(record, entry, step);
      case 'step.failed':
        return this.#passedOver(record, entry, step);
      case 'step.retrying':
        return this.#retrying(entry, record.received, step);
      case 'step.waiting':
        return this.#waiting(entry, step);
      case 'step.unknown':
        return this.#unknown(entry, step);
      case 'run.failed':
        return this.#failed(entry, step);
      default:
        return `${record.type} in a run`;
    }
  }

  #started(entry: Entry, received: number, epoch: number): string | undefined {
    const before = this.state;
    const recovery = before.status === 'running' && before.epoch < epoch;
    const { attempt, crashes } = entry;
    this.state = { ...before, status: 'running', attempt, crashes, epoch: entry.epoch, due: null };
    if (entry.epoch !== epoch) return `claimed for epoch ${entry.epoch} by ${epoch}`;
    if (epoch < before.epoch) return `epoch ${epoch} after ${before.epoch}`;
    const charged = entry.crashes - before.crashes;
    if (charged < 0 || charged > (recovery ? 1 : 0)) return `${charged} crashes charged`;
    const raised = entry.attempt - before.attempt;
    if (raised < 0 || raised > 1) return `attempt ${entry.attempt} after ${before.attempt}`;
    if (before.status === 'queued') return early(before.due, received);
    if (before.status !== 'running') return `taken up while ${before.status}`;
    return recovery || before.attempt === 0 ? undefined : 'begun again under way';
  }

  #completed(record: LogRecord, entry: Entry, step: StepScript): string | undefined {
    const before = this.state;
    const { happened } = this.#target(`${this.key}/${step.id}`);
    if (record.type === 'run.succeeded' && entry.error !== undefined)
      return this.#passedOver(record, entry, step);
    this.given.set(entry.step, { output: entry.output });
    this.output = entry.output;
    const wrong = this.#goOn(record, entry);
    if (wrong !== undefined) return wrong;
    if (before.status === 'waiting') return early(before.due, record.received);
    if (before.status !== 'running' || before.attempt < 1) return `done while ${before.status}`;
    if (step.kind === 'act' && happened === 0) return `done, but nothing happened outside`;
    return step.kind === 'sleep' ? 'did not sleep' : undefined;
  }

  /** The step is behind the run, whatever it gave. */
  #goOn(record: LogRecord, { next, epoch }: Entry): string | undefined {
    const { at } = this.state;
    const last = at === this.#steps.length - 1;
    this.state = {
      ...this.state,
      at: at + 1,
      due: null,
      crashes: 0,
      deaths: 0,
      retries: 0,
      status: last ? 'succeeded' : 'running',
      attempt: last ? 0 : next.attempt,
      epoch: epoch ?? this.state.epoch,
    };
    if (last !== (record.type === 'run.succeeded')) return `${record.type} at step ${at}`;
    if (last) return undefined;
    if (next.at !== this.#steps[at + 1]?.[0]) return `goes on at ${next.at}`;
    return next.attempt === intended(this.step) ? undefined : 'begins at its intent';
  }

  /** A step that failed for good, and without which the run goes on. */
  #passedOver(record: LogRecord, entry: Entry, step: StepScript): string | undefined {
    const before = this.state;
    const failed = this.#failed(entry, step);
    this.state = before;
    this.error = undefined;
    const { code = '', message = '' } = entry.error ?? {};
    this.given.set(step.id, { error: { code, message } });
    this.output = null;
    const wrong = this.#goOn(record, entry);
    if (step.goesOn !== true) return 'goes on without a step that must not fail';
    if (code === 'run.quarantined') return 'goes on where it is set aside';
    return failed ?? wrong;
  }

  #noop(): string | undefined {
    const { status } = this.state;
    this.state = { ...this.state, status: 'noop', due: null };
    if (this.#steps.length > 0) return 'does nothing where there is something to do';
    return status === 'running' || status === 'queued' ? undefined : `ends while ${status}`;
  }

  #retrying(entry: Entry, received: number, step: StepScript): string | undefined {
    const before = this.state;
    const retries = before.retries + 1;
    this.state = { ...before, status: 'queued', due: entry.due, retries };
    if (before.status !== 'running') return `put off while ${before.status}`;
    if (step.effect === 'ask' && entry.error?.happened !== 'no')
      return 'put off what may have happened';
    if (retries >= step.attempts) return `tried ${retries} times and more to come`;
    const { calls } = this.#target(`${this.key}/${step.id}`);
    const delay = (entry.due ?? 0) - received;
    if (outcomeOf(step, calls.length - 1) === 'refused-until') {
      const asked = delay === AFTER_MS || (delay < AFTER_MS && this.#diskFills);
      return asked ? undefined : `put off for ${delay} ms against its wish`;
    }
    const ceiling = Math.min(step.delayMs * 2 ** (retries - 1), 5_000);
    // What waits for a full disk is recorded later than it was decided.
    const fits = delay <= ceiling && (delay >= Math.floor(ceiling / 10) || this.#diskFills);
    return fits ? undefined : `put off for ${delay} ms of ${ceiling}`;
  }

  #waiting(entry: Entry, step: StepScript): string | undefined {
    const before = this.state;
    this.state = { ...before, status: 'waiting', due: entry.due };
    const asked = this.#target(`${this.key}/${step.id}`).calls.at(-1)?.context.now ?? 0;
    if (before.status !== 'running' || step.kind !== 'sleep')
      return `sleeps while ${before.status}`;
    return entry.due === asked + step.sleepMs ? undefined : `sleeps until ${entry.due}`;
  }

  #unknown(entry: Entry, step: StepScript): string | undefined {
    const before = this.state;
    this.state = { ...before, status: 'asking', due: null };
    this.error = entry.error;
    if (before.status !== 'running') return `unknown while ${before.status}`;
    if (step.effect === 'idempotent') return 'asks about what may be repeated';
    const { calls } = this.#target(`${this.key}/${step.id}`);
    return calls.length + before.deaths > 0 ? undefined : 'asks about what was never called';
  }

  #failed(entry: Entry, step: StepScript): string | undefined {
    const before = this.state;
    this.state = { ...before, status: 'failed', due: null };
    this.error = entry.error;
    if (before.status !== 'running') return `failed while ${before.status}`;
    const { calls } = this.#target(`${this.key}/${step.id}`);
    if (entry.error?.code === 'run.quarantined') {
      if (step.kind !== 'act') return `set aside, and could not kill anything`;
      return before.deaths >= 3 ? undefined : `quarantined after ${before.deaths} deaths`;
    }
    const outcome = outcomeOf(step, Math.max(0, calls.length - 1));
    if (outcome === 'fails' || outcome === 'throws-terminal') return undefined;
    const tried = before.retries + 1;
    return tried === step.attempts ? undefined : `gave up after ${tried} of ${step.attempts}`;
  }

  /** Whether the step may be called, or its target asked, by a session of that epoch. */
  call({ context, question, script }: Call, epoch: number): string | undefined {
    const { step } = this;
    const { status, attempt } = this.state;
    if (step === undefined || status !== 'running') return `called while ${status}`;
    if (script.id !== step.id) return `called ${script.id} at ${step.id}`;
    if (attempt < 1) return 'called before it was said to begin';
    if (context.attempt !== attempt) return `attempt ${context.attempt} of ${attempt}`;
    if (context.epoch !== `1.${epoch}`) return `epoch ${context.epoch} of 1.${epoch}`;
    if (context.key !== `${this.key}/${step.id}`) return `key ${context.key}`;
    return question ? undefined : this.#repetition(context, step, epoch);
  }

  #repetition({ input }: Call['context'], step: StepScript, epoch: number): string | undefined {
    const { calls, deniedAfter, happened } = this.#target(`${this.key}/${step.id}`);
    if (step.effect !== 'idempotent' && happened > 0) return 'it would have happened twice';
    if (step.effect === 'ask' && calls.length > this.state.retries) return 'repeated blindly';
    if (step.effect === 'verify' && calls.length > 0 && deniedAfter !== calls.length) {
      return 'repeated unasked';
    }
    const epochs = new Set([...calls.map(({ context }) => context.epoch), `1.${epoch}`]).size;
    if (calls.length + 1 > step.attempts + epochs - 1) return `call ${calls.length + 1}`;
    const { output, steps } = input as { readonly output: Json; readonly steps: Json };
    const given = Object.fromEntries(this.given);
    const fits = isDeepStrictEqual([output, steps], [this.output, given]);
    return fits ? undefined : `outputs ${JSON.stringify([output, steps])}`;
  }
}

/** What may be repeated counts as begun when it is intended. */
function intended(step: StepScript | undefined): number {
  return step?.effect === 'idempotent' ? 1 : 0;
}

function early(due: number | null, received: number): string | undefined {
  return due !== null && received >= due ? undefined : `due at ${due}, taken up at ${received}`;
}

function entryOf(record: LogRecord): Entry {
  return JSON.parse(record.data) as Entry;
}
