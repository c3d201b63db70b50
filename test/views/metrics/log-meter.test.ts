import { describe, expect, test } from 'vitest';
import { ownRecord, toRecord } from '../../../src/store/record.ts';
import type { LogRecord, RecordDraft, RunRow, Store } from '../../../src/store/contract.ts';
import type { OwnEventType } from '../../../src/events/own-types.ts';
import type { Distribution, Family, Sample } from '../../../src/views/metrics/family.ts';
import { LogMeter } from '../../../src/views/metrics/log-meter.ts';
import { until } from '../../server/until.ts';

const CAUSE = { correlation: null, causation: null, hops: 0 };

/** A log that a meter hears of record by record, at times that the test chooses. */
class Tale {
  readonly meter: LogMeter;
  now = 1_000;
  rows: Readonly<Record<number, Partial<RunRow>>> = {};
  #seq = 0;

  constructor() {
    const run: Store['run'] = async (id) => this.rows[id] as RunRow | undefined;
    const clock = { monotonic: () => this.now };
    this.meter = new LogMeter({ store: { run }, clock, time: { now: () => this.now } });
  }

  event(type: string, data = '{}'): number {
    return this.#hear(toRecord({ type, source: 'test', data }, this.now), null);
  }

  start(event: number, more: object = {}, type: OwnEventType = 'run.started'): number {
    const entry = {
      flow: 'greet',
      catalog: 'c',
      event,
      epoch: 1,
      due: null,
      lane: 'greet',
      at: '0',
    };
    const data = JSON.stringify({ ...entry, attempt: 1, ...more });
    return this.#hear(ownRecord(type, data, this.now, CAUSE), this.#seq + 1);
  }

  move(run: number, type: OwnEventType, data: object = {}): void {
    this.#hear(ownRecord(type, JSON.stringify(data), this.now, CAUSE), run);
  }

  note(type: OwnEventType): void {
    this.#hear(ownRecord(type, '{}', this.now, CAUSE), null);
  }

  #hear(draft: RecordDraft, stream: number | null): number {
    const record: LogRecord = { ...draft, seq: ++this.#seq, prev: null, stream };
    this.meter.hear([record], 2);
    return record.seq;
  }

  family(name: string): readonly (Sample | Distribution)[] {
    const found = this.meter.families().find((family: Family) => family.name === name);
    return found?.samples ?? [];
  }

  /** The values of a counter by its labels, as `a/b`. */
  counts(name: string): Record<string, number> {
    const pairs = this.family(name).map((sample) => {
      return [Object.values(sample.labels ?? {}).join('/'), (sample as Sample).value] as const;
    });
    return Object.fromEntries(pairs);
  }

  sum(name: string): number | undefined {
    return (this.family(name)[0] as Distribution | undefined)?.sum;
  }
}

describe('runs are counted by flow and end', () => {
  test('that succeed, with the times from their event on', () => {
    const tale = new Tale();
    const event = tale.event('user.created');
    tale.now += 30;
    const run = tale.start(event);
    tale.now += 470;
    tale.move(run, 'step.completed', { at: '0' });
    tale.now += 500;
    tale.move(run, 'run.succeeded', { at: '1' });
    expect(tale.counts('signalbox_runs_total')).toEqual({ 'greet/succeeded': 1 });
    expect(tale.counts('signalbox_runs_started_total')).toEqual({ greet: 1 });
    expect(tale.counts('signalbox_step_attempts_total')).toEqual({ completed: 2 });
    expect(tale.sum('signalbox_run_start_seconds')).toBeCloseTo(0.03);
    expect(tale.sum('signalbox_run_response_seconds')).toBeCloseTo(1);
    expect(tale.sum('signalbox_run_seconds')).toBeCloseTo(0.97);
    expect(tale.sum('signalbox_commit_seconds')).toBeCloseTo(0.008);
  });

  test('that began before us, as their rows say', async () => {
    const tale = new Tale();
    tale.rows = { 900: { flow: 'old', started: 0, fork: null } };
    tale.move(900, 'run.failed', { at: '0' });
    tale.move(901, 'run.cancelled', { at: '0' });
    const expected = { 'old/failed': 1, 'other/cancelled': 1 };
    const counts = await until(() => {
      const seen = tale.counts('signalbox_runs_total');
      return Object.keys(seen).length === 2 ? seen : undefined;
    });
    expect(counts).toEqual(expected);
    expect(tale.counts('signalbox_dead_letters_total')).toEqual({ run: 1 });
  });

  test('and their branches are a part of them', () => {
    const tale = new Tale();
    const run = tale.start(tale.event('a'));
    const branch = tale.start(1, { parent: run, fork: 3, branch: 0 }, 'branch.started');
    tale.move(branch, 'branch.failed', { at: '0/0' });
    tale.move(run, 'run.failing', { at: '0' });
    tale.move(run, 'run.failed', { at: '0' });
    expect(tale.counts('signalbox_runs_started_total')).toEqual({ greet: 1 });
    expect(tale.counts('signalbox_runs_total')).toEqual({ 'greet/failed': 1 });
    // The failure of the run's step is one, though two records tell it.
    expect(tale.counts('signalbox_step_attempts_total')).toEqual({ failed: 2 });
  });

  test('and who calls one that fails settles it: it is no dead letter', () => {
    const tale = new Tale();
    const run = tale.start(tale.event('a'));
    const called = tale.start(1, { parent: run, fork: 3 });
    tale.move(called, 'run.failed', { at: '0' });
    tale.note('event.dead_lettered');
    tale.move(run, 'step.unknown', { at: '0' });
    expect(tale.counts('signalbox_dead_letters_total')).toEqual({ event: 1, step: 1 });
    expect(tale.meter.heard.responseSeconds).toBeNull();
  });
});

describe('what is due', () => {
  test('is late by the time between its due and the record behind it', () => {
    const tale = new Tale();
    const run = tale.start(tale.event('a'));
    tale.move(run, 'step.waiting', { at: '0', due: tale.now + 100 });
    tale.now += 140;
    tale.move(run, 'step.completed', { at: '0' });
    expect(tale.sum('signalbox_due_lag_seconds')).toBeCloseTo(0.04);
    tale.event('schedule.fired', JSON.stringify({ scheduled_time: new Date(tale.now - 60) }));
    tale.event('schedule.fired', 'null');
    tale.event('schedule.fired', '{"scheduled_time":7}');
    expect(tale.sum('signalbox_due_lag_seconds')).toBeCloseTo(0.1);
  });

  test('is not late where a person held it', () => {
    const tale = new Tale();
    const run = tale.start(tale.event('a'));
    tale.move(run, 'step.retrying', { at: '0', due: tale.now });
    tale.now += 5_000;
    tale.move(run, 'run.paused', { at: '0' });
    expect(tale.sum('signalbox_due_lag_seconds')).toBe(0);
  });
});

test("seed 002's events are counted in whatever form they come", () => {
  const tale = new Tale();
  for (const type of ['COORDINATION_CRISIS', 'coordination.crisis', 'DEADLINE-WARNING', 'a.b']) {
    tale.event(type);
  }
  tale.move(tale.start(1), 'run.succeeded', { at: '0' });
  const heard = { events: 4, crises: 2, warnings: 1, responses: 1, responseSeconds: 0 };
  expect(tale.meter.heard).toEqual(heard);
});
