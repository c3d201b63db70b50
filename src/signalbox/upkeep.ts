import { attributionOf } from '../events/attribution.ts';
import { textProblem } from '../events/event.ts';
import { notInForce } from '../flows/catalog.ts';
import type { Catalogs } from '../routing/catalogs.ts';
import { DeadLetters } from '../routing/dead-letters.ts';
import type { Pausing } from '../routing/pausing.ts';
import type { LimitDecision, LoweredLimits } from '../runs/lowered-limits.ts';
import type { Runner } from '../runs/runner.ts';
import type { Sources } from '../sources/sources.ts';
import { SignalboxError } from '../std/errors.ts';
import { formatDuration } from '../std/duration.ts';
import type { Asking, UpkeepOutcome, UpkeepRequest } from '../steps/tools/signalbox.ts';
import type { Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { ownRecord } from '../store/record.ts';
import { seqOf } from '../views/log-reader.ts';
import { DeedBudget, type DeedLimit } from './deed-budget.ts';

/** How often flows restart one source, or change one flow. */
const DEEDS: DeedLimit = { deeds: 5, perMs: 3_600_000 };
/** How often they have another try at one event that failed: what fails slowly counts too. */
const RETRIES: DeedLimit = { deeds: 3, perMs: 86_400_000 };

/** What a person does by the same way. */
export type Deeds = Pick<UpkeepDeeds, 'limit' | 'restartSource'>;

/** What deeds are done to. */
export interface UpkeepOptions {
  readonly store: Store;
  readonly time: EngineTime;
  readonly catalogs: Catalogs;
  readonly limits: LoweredLimits;
  readonly letters: DeadLetters;
  readonly pausing: Pausing;
  readonly runner: Pick<Runner, 'useFlows' | 'dispatch' | 'repair'>;
  readonly sources: Sources;
  readonly budget: DeedBudget;
}

/** What may be done about the daemon's own work. */
export interface Upkeeping {
  readonly letters: DeadLetters;
  /** Limits that are lower for the time being than the files say. */
  readonly limits: LoweredLimits;
  readonly deeds: UpkeepDeeds;
}

/** Makes them. */
export async function openUpkeep(
  options: Omit<UpkeepOptions, 'letters' | 'budget'>,
): Promise<Upkeeping> {
  const { limits, store, runner } = options;
  const letters = new DeadLetters({ ...options, repair: runner.repair });
  const budget = await DeedBudget.open(store);
  return { letters, limits, deeds: new UpkeepDeeds({ ...options, letters, budget }) };
}

/**
 * What people and flows do about the daemon's own work. Each deed is a record with who did it and
 * why. A flow does it as `flow:NAME`, and does the same to the same thing only so often.
 */
export class UpkeepDeeds {
  readonly #options: UpkeepOptions;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** What a flow asks for. Never throws for what it names. */
  async ask(request: UpkeepRequest, { flow, cause }: Asking): Promise<UpkeepOutcome> {
    const decision = { by: `flow:${flow}`, reason: request.reason ?? null, cause };
    try {
      const thing = await this.#thingOf(request);
      const limit = request.action === 'retry' ? RETRIES : DEEDS;
      const { budget, time } = this.#options;
      if (!(await budget.spend(thing, limit, time.now()))) throw tooOften(limit);
      return await this.#do(request, decision);
    } catch (error) {
      if (!(error instanceof SignalboxError)) throw error;
      return { kind: 'refused', code: error.code, message: error.message };
    }
  }

  /**
   * Closes a source and opens it anew; gives its full name.
   *
   * @throws SignalboxError `source.unknown`, `repair.invalid`, `data.unusable`.
   */
  async restartSource(word: string, { reason, cause, ...by }: LimitDecision): Promise<string> {
    const { store, time, sources } = this.#options;
    const name = sources.named(word);
    const problem = reason === null ? undefined : textProblem('reason', reason);
    if (problem !== undefined) throw new SignalboxError('repair.invalid', problem);
    const data = JSON.stringify({ ...attributionOf(by), reason });
    const record = ownRecord('source.restarted', data, time.now(), cause);
    const write = { kind: 'event', record: { ...record, subject: name } } as const;
    const { kind } = await store.append({ writes: [write] });
    if (kind !== 'appended') throw new SignalboxError('data.unusable', 'The disk is full.');
    await sources.restart(name);
    return name;
  }

  /**
   * Has so many runs of a flow under way at once at most, or, without a number, as many as the
   * files say; false where that was so.
   *
   * @throws SignalboxError `flow.unknown`, `repair.invalid`, `data.unusable`.
   */
  async limit(flow: string, limit: number | null, decision: LimitDecision): Promise<boolean> {
    const { catalogs, limits, runner } = this.#options;
    const isLowered = limits.all.some((each) => each.flow === flow);
    const flows = await catalogs.flowsInForce();
    if (!flows.has(flow) && !(limit === null && isLowered)) {
      throw new SignalboxError('flow.unknown', notInForce(flow, [...flows.keys()]));
    }
    const changed =
      limit === null
        ? await limits.restore(flow, decision)
        : await limits.lower(flow, limit, decision);
    if (!changed) return false;
    await runner.useFlows();
    runner.dispatch();
    return true;
  }

  async #do(request: UpkeepRequest, decision: LimitDecision): Promise<UpkeepOutcome> {
    const { pausing } = this.#options;
    const { by, reason } = decision;
    const done = (changed: boolean): UpkeepOutcome => ({ kind: 'done', changed });
    switch (request.action) {
      case 'restart_source':
        await this.restartSource(request.source, decision);
        return done(true);
      case 'limit':
        return done(await this.limit(request.flow, request.limit, decision));
      case 'restore_limit':
        return done(await this.limit(request.flow, null, decision));
      case 'pause':
        return done(await pausing.pause(request.flow, { by, reason: reason ?? undefined }));
      case 'resume':
        return done(await pausing.resume(request.flow, { by }));
      case 'retry':
        return this.#retry(request, by);
    }
  }

  /** One that is closed already is left so: this very step may have closed it before a crash. */
  async #retry(
    { letter, flow }: Extract<UpkeepRequest, { action: 'retry' }>,
    by: string,
  ): Promise<UpkeepOutcome> {
    const { store, letters } = this.#options;
    const seq = seqOf(store.identity, letter) ?? 0;
    const settled = await letters.retry(seq, { by, flow });
    if (settled.kind === 'settled') return { kind: 'done', changed: true };
    if (settled.code === 'letter.closed') return { kind: 'done', changed: false };
    return settled;
  }

  /** What a deed is done to: of a letter, the event that its flow could not take. */
  async #thingOf(request: UpkeepRequest): Promise<string> {
    const { store, sources } = this.#options;
    switch (request.action) {
      case 'restart_source':
        return `restart_source ${sources.named(request.source)}`;
      case 'retry': {
        const letter = await store.letter(seqOf(store.identity, request.letter) ?? 0);
        return `retry ${letter?.event ?? request.letter}`;
      }
      default:
        return `${request.action} ${request.flow}`;
    }
  }
}

function tooOften({ deeds, perMs }: DeedLimit): SignalboxError {
  const often = `${deeds} times within ${formatDuration(perMs)}`;
  const message = `Flows have done this ${often} already, and a person has to look at it.`;
  return new SignalboxError('upkeep.too_often', message);
}
