import { type Attribution, attributionOf } from '../events/attribution.ts';
import { textProblem } from '../events/event.ts';
import type { OwnEventType } from '../events/own-types.ts';
import type { Autonomy } from '../flows/flow.ts';
import { SignalboxError } from '../std/errors.ts';
import type { CursorWrite, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { ownRecord } from '../store/record.ts';
import {
  AUTOMATION_ROWS,
  type AutomationState,
  automationRow,
  type Fallen,
  levelRow,
  readAutomation,
  type SetLevel,
} from './automation-rows.ts';
import { autonomyOf, type AutonomySources, type FlowAutonomy } from './autonomy.ts';

/** What it stands on. */
export interface AutomationOptions {
  readonly store: Pick<Store, 'append' | 'cursors'>;
  readonly time: EngineTime;
}

/** A person's word on how much happens without people. */
export interface AutonomyChange extends Attribution {
  /** Undefined takes back what was set: then what the files say counts again. */
  readonly level: Autonomy | undefined;
  /** All flows where it is left out. */
  readonly flow?: string | undefined;
  readonly reason?: string | undefined;
}

/** A flow's run that has failed for good. */
export interface FlowFailure {
  readonly run: number;
  readonly flow: string;
  /** The seq of the run's event. */
  readonly event: number;
  readonly step: string;
  readonly error: { readonly code: string; readonly message: string };
  /** The steps of the run that are done. */
  readonly done: readonly string[];
}

/** Rows that are read at most: two for each flow, and some more. */
const ROWS_MAX = 10_000;
const PAGE = 1_000;

interface Write {
  readonly type: OwnEventType;
  readonly data: object;
}

/**
 * How much happens without a person, as people have said it and as failures have it. The store
 * keeps it, memory answers; what changes is recorded in the commit that changes its row.
 */
export class Automation {
  readonly #options: AutomationOptions;
  readonly #state: AutomationState;

  private constructor(options: AutomationOptions, state: AutomationState) {
    this.#options = options;
    this.#state = state;
  }

  static async open(options: AutomationOptions): Promise<Automation> {
    const rows = [];
    for (let after: string | undefined; rows.length < ROWS_MAX;) {
      const page = await options.store.cursors({ source: AUTOMATION_ROWS, limit: PAGE, after });
      rows.push(...page);
      after = page.at(-1)?.key;
      if (page.length < PAGE) break;
    }
    return new Automation(options, readAutomation(rows));
  }

  /** What is set for all flows; undefined where nothing is. */
  get all(): SetLevel | undefined {
    return this.#state.all;
  }

  /** What is set for a flow. */
  setFor(flow: string): SetLevel | undefined {
    return this.#state.flows.get(flow);
  }

  /** The flows that ask since they failed, the oldest first. */
  get fallen(): readonly Fallen[] {
    return [...this.#state.fallen.values()].toSorted((a, b) => a.since - b.since);
  }

  /** Whether any run's success could matter. */
  get hasFailures(): boolean {
    return this.#state.failing.size > 0 || this.#state.fallen.size > 0;
  }

  /** The level of a flow at this moment. */
  levelOf(flow: string, files: Pick<AutonomySources, 'written' | 'flowWritten'>): FlowAutonomy {
    const { all, flows, fallen } = this.#state;
    return autonomyOf({
      ...files,
      set: all?.level,
      flowSet: flows.get(flow)?.level,
      fallen: fallen.has(flow),
    });
  }

  /**
   * Sets a level, from now on and over restarts. That of a flow also ends its asking after
   * failures: whoever sets it has looked. False where nothing changes.
   *
   * @throws SignalboxError `autonomy.invalid` for a reason that no log keeps, and `data.unusable`
   *   where the disk is full: then nothing has changed.
   */
  async set(change: AutonomyChange): Promise<boolean> {
    const { level, flow, by, reason } = change;
    const problem = reason === undefined ? undefined : textProblem('reason', reason);
    if (problem !== undefined) throw new SignalboxError('autonomy.invalid', problem);
    const { all, flows, fallen } = this.#state;
    const before = flow === undefined ? all : flows.get(flow);
    const asks = flow !== undefined && fallen.has(flow);
    if (before?.level === level && !asks) return false;
    const since = this.#options.time.now();
    const now = level === undefined ? undefined : { level, by, since };
    const said = attributionOf(change);
    const told = { flow: flow ?? null, level: level ?? null, was: before?.level ?? null };
    const changed: Write = {
      type: 'autonomy.changed',
      data: { ...told, ...said, reason: reason ?? null },
    };
    const row = now ?? null;
    if (flow === undefined) {
      await this.#record([changed], [levelRow(row)]);
      this.#state.all = now;
      return true;
    }
    const ended: Write = { type: 'automation.resumed', data: { flow, ...said, run: null } };
    await this.#record(
      [changed, ...(asks ? [ended] : [])],
      [automationRow('flow', flow, row), ...(asks ? this.#forgotten(flow) : [])],
    );
    if (now === undefined) flows.delete(flow);
    else flows.set(flow, now);
    if (asks) this.#forget(flow);
    return true;
  }

  /**
   * Counts a failure; with the one that makes it `limit` in a row the flow asks from then on, and
   * the log says what happened. True where it does so now.
   */
  async failed({ run, flow, ...what }: FlowFailure, limit: number): Promise<boolean> {
    const { failing, fallen } = this.#state;
    if (limit === 0 || fallen.has(flow)) return false;
    const runs = [...(failing.get(flow)?.runs ?? []), run].slice(-Math.max(1, limit));
    if (runs.length < limit) {
      await this.#record([], [automationRow('failing', flow, { runs })]);
      failing.set(flow, { runs });
      return false;
    }
    const { event, step, error, done } = what;
    const since = this.#options.time.now();
    const entry: Fallen = { flow, runs, since, step, error };
    const data = { flow, failures: runs.length, runs, event, step, done, error };
    await this.#record(
      [{ type: 'automation.suspended', data }],
      [automationRow('failing', flow, null), automationRow('fallen', flow, entry)],
    );
    failing.delete(flow);
    fallen.set(flow, entry);
    return true;
  }

  /** Notes which proposal asks whether the flow may go on by itself. */
  async asked(flow: string, question: number): Promise<void> {
    const { fallen } = this.#state;
    const entry = fallen.get(flow);
    if (entry === undefined) return;
    const noted: Fallen = { ...entry, question };
    await this.#record([], [automationRow('fallen', flow, noted)]);
    fallen.set(flow, noted);
  }

  /** A run of the flow succeeded, or a person says that it may go on by itself. */
  async resume(flow: string, by: string, run?: number): Promise<boolean> {
    const { failing, fallen } = this.#state;
    const asked = fallen.has(flow);
    if (!asked && !failing.has(flow)) return false;
    const ended: Write = { type: 'automation.resumed', data: { flow, by, run: run ?? null } };
    await this.#record(asked ? [ended] : [], this.#forgotten(flow));
    this.#forget(flow);
    return asked;
  }

  #forgotten(flow: string): CursorWrite[] {
    return [automationRow('failing', flow, null), automationRow('fallen', flow, null)];
  }

  #forget(flow: string): void {
    this.#state.failing.delete(flow);
    this.#state.fallen.delete(flow);
  }

  async #record(writes: readonly Write[], cursors: readonly CursorWrite[]): Promise<void> {
    const { store, time } = this.#options;
    const cause = { correlation: null, causation: null, hops: 0 };
    const now = time.now();
    const result = await store.append({
      writes: writes.map(({ type, data }) => {
        const record = ownRecord(type, JSON.stringify(data), now, cause);
        return { kind: 'event', record } as const;
      }),
      cursors,
    });
    if (result.kind === 'appended') return;
    const message = 'It could not be recorded, because the disk is full; free some space.';
    throw new SignalboxError('data.unusable', message);
  }
}
