import type { ActionStep, Step } from '../flows/flow.ts';
import { type Clock, type Timer, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import { AT_ONCE } from '../std/command.ts';
import { formatDuration } from '../std/duration.ts';
import { messageOf, RetryableError, TerminalError } from '../std/errors.ts';
import { isObject } from '../std/json.ts';
import { noRedaction, type Redaction } from '../std/redact.ts';
import { redactedResult } from './redacted-result.ts';
import type { StepContext, StepError, StepKind, StepResult } from './step-kind.ts';

/** Characters of JSON that a step's output may have. */
export const OUTPUT_LENGTH_MAX = 1_048_576;
/**
 * Characters of an error's message, and of the end of what the step said before it, that are kept.
 */
const MESSAGE_LENGTH_MAX = 8_192;
const DETAIL_LENGTH_MAX = 65_536;
/** How long a step may take to end after it was told to. */
const ABORT_GRACE_MS = 10_000;

/**
 * Calls steps, each under its timeout. Whatever a step does, a result comes of it: a throw, a hang
 * and an output beyond all measure are failures like others.
 */
export class Attempts {
  readonly #clock: Clock;
  readonly #redaction: Redaction;
  /** What holds each step under way, with its run: one that was retried may have two of them. */
  readonly #underWay = new Map<Leash, number>();
  #stopped = false;

  /** What steps give is recorded and handed on, without what `redaction` takes out of it. */
  constructor(clock: Clock, redaction: Redaction = noRedaction) {
    this.#clock = clock;
    this.#redaction = redaction;
  }

  /** Whether steps have been told to end because the daemon does. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Tells every step under way to end, and every later one as it begins. */
  stop(): void {
    this.#stopped = true;
    for (const leash of this.#underWay.keys()) leash.pull();
  }

  /** Tells the step of a run to end, where one is under way: by itself, or without grace. */
  pull(run: number, atOnce = false): void {
    for (const [leash, of] of this.#underWay) if (of === run) leash.pull(atOnce);
  }

  /** Resolves when no step of the runs is under way: what undoes it must not overtake it. */
  async quiet(runs: ReadonlySet<number>): Promise<void> {
    const open = [...this.#underWay].filter(([, of]) => runs.has(of));
    await Promise.all(open.map(([leash]) => leash.over()));
  }

  /** `prepare` makes what the step sees; where it throws, the step has failed without a call. */
  async call(
    kind: StepKind,
    step: ActionStep,
    { run, limitMs, redaction = this.#redaction }: Call,
    prepare: (leash: Leash) => StepContext,
  ): Promise<StepResult> {
    const leash = new Leash(this.#clock);
    let late = false;
    const timer = alarm(this.#clock, limitMs, () => {
      late = true;
      leash.pull();
    });
    this.#underWay.set(leash, run);
    try {
      if (this.#stopped) leash.pull();
      const context = prepared(prepare, leash);
      if ('kind' in context) return redactedResult(context, redaction);
      const given = whole(step, await leash.hold(kind.execute(context)));
      const result = redactedResult(given, redaction);
      return bounded(
        late && result.kind !== 'done' ? timedOut(step, limitMs, result) : fitting(step, result),
      );
    } catch (error) {
      const result = late ? timedOut(step, limitMs) : thrown(error);
      return bounded(redactedResult(result, redaction));
    } finally {
      timer.cancel();
      leash.drop();
      this.#underWay.delete(leash);
    }
  }
}

/** One attempt. */
interface Call {
  readonly run: number;
  readonly limitMs: number;
  /** Where it is given more secrets than others. */
  readonly redaction?: Redaction | undefined;
}

/** What can end a step under way. Its signal is made only for steps that look at it. */
export class Leash {
  readonly #clock: Clock;
  #controller: AbortController | undefined;
  #pulled = false;
  #reason: Error | undefined;
  #abandon: ((error: Error) => void) | undefined;
  #grace: Timer | undefined;
  #isOver = false;
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#pulled) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  pull(atOnce = false): void {
    if (this.#pulled) return;
    this.#pulled = true;
    if (atOnce) this.#reason = AT_ONCE;
    this.#controller?.abort(this.#reason);
    const error = new RetryableError('The step did not end when it was told to.');
    this.#grace = this.#clock.schedule(ABORT_GRACE_MS, () => this.#abandon?.(error));
  }

  /** The step is over: nobody waits for it to end any more. */
  drop(): void {
    this.#grace?.cancel();
    this.#isOver = true;
    for (const tell of this.#waiting) tell();
  }

  /** Resolves when the step is over. */
  over(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /**
   * A step that does not end when it is told to is left behind: it cannot hold its run for ever.
   */
  hold(work: Promise<StepResult>): Promise<StepResult> {
    return new Promise((resolve, reject) => {
      this.#abandon = reject;
      work.then(resolve, reject);
    });
  }
}

/** As the clock's own timer, for delays of any length. */
function alarm(clock: Clock, delayMs: number, ring: () => void): Timer {
  if (delayMs <= TIMER_DELAY_MS_MAX) return clock.schedule(delayMs, ring);
  const leftMs = delayMs - TIMER_DELAY_MS_MAX;
  let timer = clock.schedule(TIMER_DELAY_MS_MAX, () => {
    timer = alarm(clock, leftMs, ring);
  });
  return { cancel: () => timer.cancel() };
}

function prepared(
  prepare: (leash: Leash) => StepContext,
  leash: Leash,
): StepContext | Extract<StepResult, { kind: 'fail' }> {
  try {
    return prepare(leash);
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error ? String(error.code) : 'step.input_invalid';
    return failure(code, messageOf(error));
  }
}

/** What a kind gave, where it is a result: one that is written without types may give anything. */
function whole(step: Step, result: unknown): StepResult {
  if (isResult(result)) return result;
  const message = `Step "${step.id}" gave no result; its kind "${step.kind}" is to be corrected.`;
  throw new TypeError(message);
}

function isResult(result: unknown): result is StepResult {
  if (!isObject(result)) return false;
  const { kind, error, until, emits = [] } = result;
  if (kind === 'noop') return true;
  if (kind === 'done') {
    return Array.isArray(emits) && emits.every(isObject) && isPaid(result['usage']);
  }
  if (kind === 'wait') return typeof until === 'number';
  if (kind === 'await')
    return isObject(result['wanted']) && (until === null || typeof until === 'number');
  if (kind === 'park') return typeof until === 'number' && typeof result['reason'] === 'string';
  if ((kind !== 'fail' && kind !== 'retry') || !isObject(error)) return false;
  if (typeof error['code'] !== 'string' || typeof error['message'] !== 'string') return false;
  return isPaid(error['usage']);
}

/** Whether what a kind says that it paid for can be summed up; nothing can. */
function isPaid(usage: unknown): boolean {
  if (usage === undefined) return true;
  if (!isObject(usage)) return false;
  const { input_tokens, output_tokens, cost = 0 } = usage;
  return [input_tokens, output_tokens, cost].every(Number.isFinite);
}

function fitting(step: Step, result: StepResult): StepResult {
  if (result.kind !== 'done' || result.output === null) return result;
  const { length } = JSON.stringify(result.output);
  if (length <= OUTPUT_LENGTH_MAX) return result;
  const message =
    `Step "${step.id}" gave an output of ${length} characters; ` +
    `at most ${OUTPUT_LENGTH_MAX} are kept. ` +
    `Write it to a file and give the file's path.`;
  return { kind: 'fail', error: { code: 'step.output_too_large', message, happened: 'maybe' } };
}

/** What is told of a failure is for people: nobody reads more of it, and each record keeps it. */
function bounded(result: StepResult): StepResult {
  if (!('error' in result)) return result;
  const { message, detail, ...error } = result.error;
  const cut = { ...error, message: message.slice(0, MESSAGE_LENGTH_MAX) };
  if (detail === undefined) return { ...result, error: cut };
  return { ...result, error: { ...cut, detail: detail.slice(-DETAIL_LENGTH_MAX) } };
}

function timedOut(step: ActionStep, limitMs: number, result?: StepResult): StepResult {
  const { detail, usage } = result !== undefined && 'error' in result ? result.error : {};
  const limit = formatDuration(limitMs);
  const message = `Step "${step.id}" did not end within ${limit}; give it a longer "timeout".`;
  const said = { ...(detail !== undefined && { detail }), ...(usage && { usage }) };
  const error: StepError = { code: 'step.timeout', message, happened: 'maybe', ...said };
  return { kind: 'retry', error };
}

function thrown(error: unknown): StepResult {
  if (error instanceof TerminalError) {
    return { kind: 'fail', error: { code: error.code, message: error.message, happened: 'maybe' } };
  }
  const code = error instanceof RetryableError ? error.code : 'step.threw';
  const afterMs = error instanceof RetryableError ? error.afterMs : undefined;
  const retry = {
    kind: 'retry',
    error: { code, message: messageOf(error), happened: 'maybe' },
  } as const;
  return afterMs === undefined ? retry : { ...retry, afterMs };
}

/** A failure before anything was called. */
export function failure(code: string, message: string): Extract<StepResult, { kind: 'fail' }> {
  return { kind: 'fail', error: { code, message, happened: 'no' } };
}
