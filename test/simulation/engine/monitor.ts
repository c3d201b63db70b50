import { HOPS_MAX } from '../../../src/routing/match.ts';
import { isOwnType } from '../../../src/events/own-types.ts';
import { matches } from '../../../src/events/pattern.ts';
import type { Admission } from '../../../src/routing/admission.ts';
import type { LogIdentity, LogRecord } from '../../../src/store/contract.ts';
import { idOf } from '../../../src/store/record.ts';
import { takes } from './catalog.ts';
import { Promptness } from './promptness.ts';
import { RunModel } from './run-model.ts';
import type { EventPlan, Scenario } from './scenario.ts';
import type { CatalogScript, FlowScript, TriggerScript } from './script.ts';
import type { Call, Target } from './world.ts';

/** What the first record of a run says. */
interface Beginning {
  readonly flow: string;
  readonly catalog: string;
  readonly epoch: number;
  readonly event: number;
}

/** Enough to see what is wrong; more of the same says nothing new. */
const PROBLEMS_MAX = 5;

/**
 * Sees every record as it becomes durable, every call of a step as it begins and every answer that
 * a client gets, and holds each against the model. What is wrong it keeps.
 */
export class Monitor {
  readonly records: LogRecord[] = [];
  readonly runs = new Map<number, RunModel>();
  readonly problems: string[] = [];
  readonly #target: (key: string) => Target;
  readonly #scenario: Scenario;
  readonly #promptness: Promptness;
  readonly #catalogs: { readonly seq: number; readonly catalog: CatalogScript }[] = [];
  #open = 0;

  /** `now`: milliseconds since the beginning. */
  constructor(scenario: Scenario, target: (key: string) => Target, now: () => number) {
    this.#scenario = scenario;
    this.#target = target;
    this.#promptness = new Promptness(scenario, now);
  }

  /** Runs that have not ended and wait for no person. */
  get open(): number {
    return this.#open;
  }

  problem(text: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(text);
  }

  /** Records are durable that a session of that identity wrote. */
  committed(records: readonly LogRecord[], identity: LogIdentity): void {
    for (const record of records) {
      const { seq, type, stream } = record;
      if (seq !== this.records.length + 1) this.problem(`seq ${seq} after ${this.records.length}`);
      this.#inTime(record);
      this.records.push(record);
      if (type === 'catalog.activated') this.#activated(record);
      const before = stream === null ? undefined : this.runs.get(stream)?.state;
      if (type === 'run.started') this.#began(record, identity);
      else if (stream !== null) this.#advanced(record, stream, identity.epoch);
      this.#inTurn(record, before, identity.epoch);
    }
  }

  #inTime({ seq, received, type }: LogRecord): void {
    const last = this.records.at(-1)?.received ?? 0;
    if (received < last) this.problem(`seq ${seq} (${type}) was received before the one before it`);
  }

  #activated({ seq, data }: LogRecord): void {
    const { files } = JSON.parse(data) as { readonly files: readonly { readonly text: string }[] };
    this.#catalogs.push({ seq, catalog: JSON.parse(files[0]?.text ?? '{}') as CatalogScript });
  }

  #began(record: LogRecord, identity: LogIdentity): void {
    const said = JSON.parse(record.data) as Beginning;
    const known = this.#catalogs.find(({ catalog }) => catalog.hash === said.catalog);
    const flow = known?.catalog.flows.find(({ name }) => name === said.flow);
    if (flow === undefined) return this.problem(`run ${record.seq} of no flow: ${said.flow}`);
    if (said.epoch !== identity.epoch) this.problem(`run ${record.seq} of epoch ${said.epoch}`);
    const shownId = idOf(identity, record.seq);
    const diskFills = this.#scenario.faults.diskFull.length > 0;
    const { n } = JSON.parse(this.records[said.event - 1]?.data ?? '{}') as { readonly n?: number };
    const run = new RunModel(record, { flow, shownId, target: this.#target, diskFills, n });
    this.runs.set(record.seq, run);
    this.#open++;
  }

  #advanced(record: LogRecord, stream: number, epoch: number): void {
    const run = this.runs.get(stream);
    if (run === undefined) return this.problem(`${record.type} of no run: ${stream}`);
    const wrong = run.advance(record, epoch);
    if (wrong !== undefined) this.problem(`run ${stream}, seq ${record.seq}: ${wrong}`);
    if (run.ended || run.state.status === 'asking') this.#open--;
  }

  /** No more runs are under way than there are slots, and none waits for one that is free. */
  #inTurn(record: LogRecord, before: RunModel['state'] | undefined, session: number): void {
    const states = [...this.runs.values()].map(({ state }) => state);
    const leased = states.filter(({ status, epoch }) => status === 'running' && epoch === session);
    const { slots } = this.#scenario;
    if (leased.length > slots)
      this.problem(`${leased.length} runs are under way in ${slots} slots`);
    const watched = states.some(({ deaths }) => deaths > 0);
    const due = before?.due ?? null;
    const wrong = this.#promptness.see(record, { leased: leased.length, due, watched });
    if (wrong !== undefined) this.problem(`run ${record.stream}, seq ${record.seq}: ${wrong}`);
  }

  /** A step is called, or its target asked, by a session of that epoch. */
  called(call: Call, epoch: number): void {
    const id = Number(call.context.run.split('-').at(-1));
    const run = this.runs.get(id);
    const wrong = run === undefined ? 'of no run' : run.call(call, epoch);
    if (wrong !== undefined) this.problem(`call of ${call.context.key}: ${wrong}`);
  }

  /** The daemon has died. */
  died(): void {
    for (const run of this.runs.values()) run.died();
  }

  /** A client was told what became of its event. */
  answered(plan: EventPlan, admission: Admission): void {
    if (admission.kind !== 'accepted' && admission.kind !== 'conflict') return;
    const record = this.records[admission.seq - 1];
    const name = `event ${plan.n}, told ${admission.kind} ${admission.seq}`;
    if (record === undefined) return this.problem(`${name}: not in the log`);
    const same = record.data === JSON.stringify({ n: plan.n }) && record.type === plan.type;
    if (admission.kind === 'accepted' && !(same && record.source === plan.source)) {
      this.problem(`${name}: another event is there`);
    }
    const rival = this.#scenario.events.some((other) => {
      return other !== plan && other.id === plan.id && other.source === plan.source;
    });
    if (admission.kind === 'conflict' && (same || !rival)) this.problem(`${name}: there is none`);
  }

  /** What must hold when everything has come to rest. */
  finish(): void {
    this.#eachEventOnce();
    this.#eachMatchOnce();
    this.#eachEmissionOnce();
  }

  #eachEventOnce(): void {
    const seen = new Map<string, number>();
    for (const { id, source, seq } of this.records) {
      if (id === null) continue;
      const key = JSON.stringify([source, id]);
      if (seen.has(key)) this.problem(`id ${id} is in the log twice: ${seen.get(key)} and ${seq}`);
      seen.set(key, seq);
    }
    for (const { id, source } of this.#scenario.events) {
      const found = id === undefined || seen.has(JSON.stringify([source, id]));
      if (!found) this.problem(`event ${id} was never recorded`);
    }
  }

  /** Each event starts each flow that wants it once, or is a dead letter of it once. */
  #eachMatchOnce(): void {
    const owed = new Map<string, number>();
    const count = (key: string, by: number): unknown => owed.set(key, (owed.get(key) ?? 0) + by);
    for (const record of this.records) {
      for (const [kind, flow] of this.#wanted(record)) count(`${kind} ${record.seq} ${flow}`, 1);
      const said = JSON.parse(record.data) as { event?: number; flow?: string };
      if (record.type === 'run.started') count(`start ${said.event} ${said.flow}`, -1);
      if (record.type === 'event.dead_lettered') count(`dead ${said.event} ${said.flow}`, -1);
    }
    for (const [key, n] of owed)
      if (n !== 0) this.problem(`${key}: ${n > 0 ? 'missing' : 'twice'}`);
  }

  *#wanted(record: LogRecord): Generator<readonly ['start' | 'dead', string]> {
    const at = this.#catalogs.findLast(({ seq }) => seq < record.seq) ?? this.#catalogs[0];
    for (const flow of at?.catalog.flows ?? []) {
      const verdict = verdictOf(flow, record);
      if (verdict !== undefined) yield [verdict, flow.name];
    }
  }

  /** What a step emits is in the log as often as the step is done. */
  #eachEmissionOnce(): void {
    for (const run of this.runs.values()) {
      const done = run.flow.steps.filter(
        ({ id, kind }) => kind === 'emit' && 'output' in (run.given.get(id) ?? {}),
      );
      const expected = done.flatMap(({ emits }) => emits).toSorted();
      const found = this.records
        .filter(({ causation, source }) => causation === run.id && source?.startsWith('flow:'))
        .map(({ type }) => type)
        .toSorted();
      if (JSON.stringify(found) === JSON.stringify(expected)) continue;
      this.problem(`run ${run.id} emitted ${found.join()} instead of ${expected.join()}`);
    }
  }
}

/** Looks at every trigger of the flow, one after the other. */
function verdictOf(flow: FlowScript, record: LogRecord): 'start' | 'dead' | undefined {
  const verdicts = flow.on.map((trigger) => triggerVerdict(trigger, record));
  return verdicts.find((v) => v === 'start') ?? verdicts.find((v) => v === 'dead');
}

function triggerVerdict(trigger: TriggerScript, record: LogRecord): 'start' | 'dead' | undefined {
  const { type, hops } = record;
  const source = record.source ?? 'signalbox';
  if (trigger.event === '*' && isOwnType(type)) return undefined;
  if (!matches({ event: trigger.event, source: trigger.source }, { type, source }))
    return undefined;
  if (hops > HOPS_MAX) return undefined;
  if (hops === HOPS_MAX) return 'dead';
  const { n } = JSON.parse(record.data) as { readonly n?: unknown };
  try {
    return takes(trigger.where, n) ? 'start' : undefined;
  } catch {
    return 'dead';
  }
}
