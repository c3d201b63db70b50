import type { Timer } from '../../std/clock.ts';
import { messageOf } from '../../std/errors.ts';
import type { Cursor, Source, SourceContext, SourceEvent, SourceKind } from '../source.ts';
import { jitterOf } from './jitter.ts';
import { addMissed, changedRows, isoTime, readMemory, type ScheduleMemory } from './memory.ts';
import { occurrencesOf, type Times } from './occurrences.ts';
import { type Missed, type Plan, planSchedule, type Rules } from './plan.ts';
import { FIRED, MISSED, type ScheduleConfig, scheduleConfig, scheduleShape } from './shape.ts';

/** Sources that fire at times of the calendar, or again and again. */
export const scheduleKind: SourceKind = {
  shape: scheduleShape,
  open: (context) => new Schedule(context),
};

/**
 * How long a timer is armed for at most: it goes by a clock that stands still while the machine
 * sleeps, and schedules go by the one on the wall, so that one is looked at now and then.
 */
const LOOK_MS = 60_000;

class Schedule implements Source {
  readonly #context: SourceContext;
  readonly #config: ScheduleConfig;
  readonly #rules: Rules;
  /** The name that the events' ids begin with. */
  readonly #name: string;
  #memory: ScheduleMemory = readMemory([]);
  #timer: Timer | undefined;
  #stopped = false;
  /** What is recorded at present. */
  #acting: Promise<void> = Promise.resolve();

  constructor(context: SourceContext) {
    this.#context = context;
    this.#config = scheduleConfig(context.config);
    this.#name = context.name.slice(`${scheduleShape.type}:`.length);
    const { catch_up: catchUp, catch_up_window: windowMs, jitter: jitterMs } = this.#config;
    const occurrences = occurrencesOf(this.#config);
    const delayOf = jitterOf({ occurrences, jitterMs, name: this.#name });
    this.#rules = { occurrences, catchUp, windowMs, delayOf };
  }

  async start(): Promise<void> {
    const rows: Cursor[] = [];
    for await (const row of this.#context.remembered()) rows.push(row);
    this.#memory = readMemory(rows);
    await this.#begin();
    const { fires, missed, wakeAt } = await this.#act(false);
    this.#context.report({
      recovered: fires.length,
      skipped: missed?.count ?? 0,
      what: 'occurrences of a schedule',
    });
    this.#wait(wakeAt);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#acting;
  }

  /** New times begin now: what they would have been before is no occurrence that was missed. */
  async #begin(): Promise<void> {
    const rule = ruleOf(this.#config);
    const { mark, rule: kept } = this.#memory;
    if (mark !== undefined && kept === rule) return;
    const now = this.#context.clock.now();
    await this.#record(undefined, { rule, mark: Math.max(now, mark ?? now) });
  }

  /** Fires what is due and records what is passed over, each in a commit with the mark. */
  async #act(listening: boolean): Promise<Plan> {
    const now = this.#context.clock.now();
    const plan = planSchedule(this.#rules, { mark: this.#memory.mark ?? now, now, listening });
    const { missed } = plan;
    if (missed !== undefined) await this.#pass(missed);
    for (const [index, nominal] of plan.fires.entries()) {
      await this.#fire(nominal, index === 0 ? missed?.count : undefined);
    }
    return plan;
  }

  async #pass(missed: Missed): Promise<void> {
    const times = missed.times.map(isoTime);
    const data = { count: missed.count, catch_up: this.#rules.catchUp, times };
    const all = addMissed(this.#memory.missed, missed);
    await this.#record(
      { type: MISSED, data: JSON.stringify(data) },
      { mark: missed.times.at(-1), missed: all },
    );
  }

  async #fire(nominal: number, missed: number | undefined): Promise<void> {
    const { last } = this.#memory;
    const time = isoTime(nominal);
    const data = {
      scheduled_time: time,
      last_run: last === undefined ? 'never' : isoTime(last),
      ...(missed !== undefined && { missed }),
    };
    await this.#record(
      { type: FIRED, id: `${this.#name}@${time}`, time, data: JSON.stringify(data) },
      { mark: nominal, last: nominal },
    );
  }

  async #record(event: SourceEvent | undefined, change: Partial<ScheduleMemory>): Promise<void> {
    const memory = { ...this.#memory, ...change };
    const events = event === undefined ? [] : [event];
    await this.#context.record({ events, cursors: changedRows(this.#memory, memory) });
    this.#memory = memory;
  }

  #wait(until: number | undefined): void {
    if (this.#stopped || until === undefined) return;
    const { clock } = this.#context;
    const delayMs = Math.max(0, until - clock.now());
    this.#timer = clock.schedule(Math.min(delayMs, LOOK_MS), () => {
      if (clock.now() < until) this.#wait(until);
      else this.#acting = this.#wake();
    });
  }

  async #wake(): Promise<void> {
    try {
      const { wakeAt } = await this.#act(true);
      this.#context.recovered();
      this.#wait(wakeAt);
    } catch (error) {
      if (this.#stopped) return;
      this.#context.degraded(messageOf(error));
      this.#wait(this.#context.clock.now() + LOOK_MS);
    }
  }
}

function ruleOf({ cron, every, timezone }: Times): string {
  return cron === undefined ? `every ${every} ms` : `${cron} ${timezone}`;
}
