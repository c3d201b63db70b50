import type { Event } from '../events/event.ts';
import { type Catalog, notInForce } from '../flows/catalog.ts';
import type { ActionStep, Flow, ForkStep, Step } from '../flows/flow.ts';
import { eventScope } from '../flows/scope.ts';
import type { Judging } from '../gates/judging.ts';
import { type Verdict, verdictOf } from '../gates/verdict.ts';
import { triggerOf } from '../routing/manual-starts.ts';
import { FlowIndex } from '../routing/match.ts';
import { isAction } from '../runs/next.ts';
import { redactedValue } from '../runs/redacted-result.ts';
import { SignalboxError } from '../std/errors.ts';
import { isObject, type Json, parseJson } from '../std/json.ts';
import type { Redaction } from '../std/redact.ts';
import { Foresight, type KnownCondition, type KnownValue } from './known-values.ts';

/** What a start by hand would do, as far as that can be said before anything has run. */
export interface StartPreview {
  readonly name: string;
  /** The flow that is started, or those that a trigger of a choreography starts; then answers. */
  readonly flows: readonly PreviewedFlow[];
  /** Whether a step could not be filled in, or a condition has no value, with this data. */
  readonly failed: boolean;
  /** Whether there is more than is shown. */
  readonly truncated: boolean;
}

/** A flow that would be started. */
export interface PreviewedFlow {
  readonly flow: string;
  /** The type of the event that starts it. */
  readonly event: string;
  /** The flow that emits the event; null for the start itself. */
  readonly from: string | null;
  readonly steps: readonly PreviewedStep[];
}

/** A step as it would run. */
export interface PreviewedStep {
  readonly id: string;
  readonly kind: string;
  /** Under which condition; null where it has none. */
  readonly if: KnownCondition | null;
  /** Whether it would be done: null where that depends on what comes before. */
  readonly runs: boolean | null;
  /** What it is given; null for a choice. Of a call, the data; of an `each`, the list. */
  readonly input: KnownValue | null;
  /** What becomes of it before it is called; null where nobody is asked about such a step. */
  readonly verdict: Verdict | null;
  /** What undoes it; null where nothing does. */
  readonly undo: { readonly kind: string; readonly input: KnownValue } | null;
  /** What is done inside it: the ways of a choice, branches, or the steps of the flow it calls. */
  readonly inside: readonly PreviewedWay[];
}

/** Steps inside another one. */
export interface PreviewedWay {
  /** `then`, `else`, `parallel`, `do` or `call`. */
  readonly way: string;
  readonly steps: readonly PreviewedStep[];
}

/** What a preview is made of. */
export interface PreviewParts {
  readonly catalog: Catalog;
  readonly judging: Judging;
  /** Engine time in milliseconds. */
  readonly now: number;
  /** Takes out what variables of the configuration stand for. */
  readonly secrets: Redaction;
}

/** What would be started. */
export interface PreviewedStart {
  readonly flow: string;
  /** JSON. */
  readonly data: string;
  readonly interactive?: boolean | undefined;
}

/** How much is shown, and how deep calls are followed. */
const STEPS_MAX = 500;
const FLOWS_MAX = 50;
const DEPTH_MAX = 8;

/** What is known of every run; the rest of an event only where its data is known. */
const OF_RUNS: ReadonlySet<string> = new Set(['flow', 'now', 'returned']);
const OF_EVENTS: ReadonlySet<string> = new Set([
  'event',
  'payload',
  'files',
  'changed_files',
  'last_run',
]);

/** An event that would be recorded, its data where that is known. */
interface Foreseen {
  readonly type: string;
  readonly source: string;
  readonly subject?: string | undefined;
  readonly data: Json | undefined;
  readonly from: string | null;
  readonly hops: number;
}

/**
 * Shows what a start by hand would do. Records nothing and calls nothing: conditions and templates
 * are computed from the data, and the judge is asked that runs ask too.
 *
 * @throws SignalboxError `flow.unknown` with the names there are, `event.invalid` for data that is
 *   no JSON, and for a choreography whose triggers all stand for several types.
 */
export async function previewStart(
  parts: PreviewParts,
  start: PreviewedStart,
): Promise<StartPreview> {
  const preview = await new Preview(parts, start).make();
  return redactedValue(preview as unknown as Json, parts.secrets) as unknown as StartPreview;
}

class Preview {
  readonly #parts: PreviewParts;
  readonly #start: PreviewedStart;
  readonly #index: FlowIndex;
  readonly #flows: PreviewedFlow[] = [];
  readonly #shown = new Set<string>();
  readonly #coming: Foreseen[] = [];
  #steps = 0;
  #failed = false;
  #truncated = false;

  constructor(parts: PreviewParts, start: PreviewedStart) {
    const { catalog } = parts;
    this.#parts = parts;
    this.#start = start;
    this.#index = new FlowIndex(catalog.flows.values(), catalog.ownActors);
  }

  async make(): Promise<StartPreview> {
    const { catalog } = this.#parts;
    const { flow: name, data } = this.#start;
    const first = this.#begin(parsed(data));
    const flow = catalog.choreographies?.has(name) === true ? undefined : catalog.flows.get(name);
    if (flow !== undefined) await this.#flow(flow, first);
    else this.#coming.push(first);
    for (let next = this.#coming.shift(); next !== undefined; next = this.#coming.shift()) {
      for (const answering of this.#answering(next)) await this.#flow(answering, next);
    }
    return { name, flows: this.#flows, failed: this.#failed, truncated: this.#truncated };
  }

  /** The event that the start would record. */
  #begin(data: Json): Foreseen {
    const { flows, choreographies } = this.#parts.catalog;
    const { flow: name } = this.#start;
    const choreography = choreographies?.get(name);
    if (choreography !== undefined) {
      const trigger = triggerOf(choreography);
      if ('problem' in trigger) throw new SignalboxError('event.invalid', trigger.problem);
      return { ...trigger, data, from: null, hops: 0 };
    }
    if (flows.has(name)) {
      const own = { type: 'manual.triggered', source: 'signalbox', subject: name };
      return { ...own, data, from: null, hops: 0 };
    }
    const names = [...(choreographies?.keys() ?? []), ...flows.keys()];
    throw new SignalboxError('flow.unknown', notInForce(name, names));
  }

  /** The flows that would answer an event; where its data is not known, those that may. */
  #answering(event: Foreseen): readonly Flow[] {
    const { type, source, subject, hops, data } = event;
    const arrival = { type, source, subject, hops };
    if (data === undefined) return this.#index.listeners(arrival);
    const matches = this.#index.match({ ...arrival, event: () => this.#event(event) });
    return matches.flatMap((match) =>
      match.kind === 'filtered' || match.kind === 'dead'
        ? []
        : (this.#parts.catalog.flows.get(match.flow.name) ?? []),
    );
  }

  /** Each flow is shown once: a second event that it answers would show the same steps. */
  async #flow(flow: Flow, event: Foreseen): Promise<void> {
    if (this.#shown.has(flow.name)) return;
    if (this.#shown.size >= FLOWS_MAX) {
      this.#truncated = true;
      return;
    }
    this.#shown.add(flow.name);
    const steps = await this.#list(flow.steps, {
      flow,
      event,
      foresight: this.#foresight(flow, event),
      depth: 0,
    });
    this.#flows.push({ flow: flow.name, event: event.type, from: event.from, steps });
  }

  #foresight({ name: flow }: Flow, event: Foreseen): Foresight {
    const scope = eventScope(this.#event(event), { flow, now: this.#parts.now });
    const hasData = event.data !== undefined;
    return new Foresight(scope, (name) => OF_RUNS.has(name) || (hasData && OF_EVENTS.has(name)));
  }

  #event({ type, source, subject, data = null, hops }: Foreseen): Event {
    const time = new Date(this.#parts.now).toISOString();
    const about = subject === undefined ? {} : { subject };
    const place = { time, received: time, seq: 0, correlationid: NO_ID, hops };
    return {
      ...place,
      ...about,
      specversion: '1.0',
      id: NO_ID,
      source,
      type,
      data,
      trust: 'trusted',
      ...(this.#start.interactive === true ? { interactive: true } : {}),
    };
  }

  async #list(steps: readonly Step[], within: Within): Promise<readonly PreviewedStep[]> {
    const shown: PreviewedStep[] = [];
    for (const step of steps) {
      if (++this.#steps > STEPS_MAX) {
        this.#truncated = true;
        break;
      }
      shown.push(await this.#step(step, within));
    }
    return shown;
  }

  async #step(step: Step, within: Within): Promise<PreviewedStep> {
    const { id, kind, guard } = step;
    const asked = guard === undefined ? null : this.#noted(within.foresight.test(guard));
    const base = { id, kind, if: asked, runs: asked === null ? true : asked.value };
    const none = { input: null, verdict: null, undo: null, inside: [] };
    if (base.runs === false) return { ...base, ...none };
    if (isAction(step)) return { ...base, inside: [], ...(await this.#action(step, within)) };
    if (step.fork !== undefined) return { ...base, ...none, ...(await this.#fork(step, within)) };
    const { condition, ...ways } = step.choice;
    const chosen = this.#noted(within.foresight.test(condition));
    const inside: PreviewedWay[] = [];
    for (const way of ['then', 'else'] as const) {
      const isOpen = chosen.value === null || chosen.value === (way === 'then');
      if (!isOpen || ways[way].length === 0) continue;
      inside.push({ way, steps: await this.#list(ways[way], within) });
    }
    return { ...base, ...none, if: chosen, inside };
  }

  async #action(
    step: ActionStep,
    within: Within,
  ): Promise<Pick<PreviewedStep, 'input' | 'verdict' | 'undo'>> {
    const { secrets = [], compensate } = step;
    const names = Object.fromEntries(secrets.map((name) => [name, `[secret ${name}]`]));
    const foresight = within.foresight.with('secrets', names);
    const input = this.#noted(foresight.fill(step.input));
    this.#foresee(step, input, within);
    const verdict = await this.#verdict(step, input.value, within);
    const given = isWhole(input) ? foresight.with('input', givenTo(step, input)) : foresight;
    const undo =
      compensate === undefined
        ? null
        : { kind: compensate.kind, input: this.#noted(given.fill(compensate.input)) };
    return { input, verdict, undo };
  }

  /** What the judge says that runs ask too; null where they do not ask about such a step. */
  async #verdict(
    { id, kind, effect, gate, secrets = [] }: ActionStep,
    input: Json,
    { flow }: Within,
  ): Promise<Verdict | null> {
    const { judging, catalog } = this.#parts;
    const hasSecrets = secrets.length > 0;
    if (gate === undefined && !judging.concerns({ kind, secrets: hasSecrets })) return null;
    const about = { flow, catalog: catalog.hash, step: id, kind, effect, gate, input };
    const said = await judging.judge({ ...about, trust: 'trusted', secrets: hasSecrets });
    return verdictOf(said, this.#start.interactive === true);
  }

  /** Remembers what a step would emit, for whoever answers that. */
  #foresee({ kind }: ActionStep, input: KnownValue, { flow, event }: Within): void {
    const source = `flow:${flow.name}`;
    const next = { source, from: flow.name, hops: event.hops + 1 };
    const { value } = input;
    if (!isObject(value)) return;
    if (kind === 'emit') {
      const { emit, data = null, subject } = value;
      const types = (Array.isArray(emit) ? emit : [emit]) as readonly Json[];
      const known = isWhole(input) ? data : undefined;
      for (const type of types) {
        if (typeof type !== 'string') continue;
        const about = typeof subject === 'string' ? { subject } : {};
        this.#coming.push({ ...next, ...about, type, data: known });
      }
    } else if (kind === 'tool' && typeof value['tool'] === 'string') {
      const emits = this.#parts.catalog.tools?.get(value['tool'])?.emits ?? [];
      for (const type of emits) this.#coming.push({ ...next, type, data: undefined });
    }
  }

  async #fork(
    { fork }: ForkStep,
    within: Within,
  ): Promise<Pick<PreviewedStep, 'input' | 'inside'>> {
    switch (fork.kind) {
      case 'parallel':
        return { input: null, inside: [await this.#way('parallel', fork.steps, within)] };
      case 'each': {
        const input = this.#noted(within.foresight.fill(fork.items));
        return { input, inside: [await this.#way('do', fork.do, within)] };
      }
      case 'call':
        return this.#call(fork, within);
    }
  }

  async #call(
    { flow: name, data }: Extract<ForkStep['fork'], { kind: 'call' }>,
    within: Within,
  ): Promise<Pick<PreviewedStep, 'input' | 'inside'>> {
    const input = this.#noted(within.foresight.fill(data));
    const flow = this.#parts.catalog.flows.get(name);
    if (flow === undefined || within.depth >= DEPTH_MAX) return { input, inside: [] };
    const event = {
      ...within.event,
      type: 'flow.called',
      data: isWhole(input) ? input.value : undefined,
    };
    const foresight = this.#foresight(flow, event);
    const called = { flow, event, foresight, depth: within.depth + 1 };
    return { input, inside: [await this.#way('call', flow.steps, called)] };
  }

  async #way(way: string, steps: readonly Step[], within: Within): Promise<PreviewedWay> {
    return { way, steps: await this.#list(steps, within) };
  }

  #noted<T extends { readonly error: string | null }>(known: T): T {
    if (known.error !== null) this.#failed = true;
    return known;
  }
}

/** Where a step stands. */
interface Within {
  readonly flow: Flow;
  readonly event: Foreseen;
  readonly foresight: Foresight;
  readonly depth: number;
}

/** What stands for the ids of what is not recorded. */
const NO_ID = 'dry-run';

/** Whether all of it is known. */
function isWhole({ open, error }: KnownValue): boolean {
  return open.length === 0 && error === null;
}

/** Of a tool, what the tool is given. */
function givenTo({ kind }: ActionStep, { value }: KnownValue): Json {
  return kind === 'tool' && isObject(value) ? (value['with'] ?? null) : value;
}

function parsed(data: string): Json {
  try {
    return parseJson(data);
  } catch (cause) {
    throw new SignalboxError('event.invalid', '"data" is no JSON.', { cause });
  }
}
