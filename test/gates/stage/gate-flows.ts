import type { Random } from '../../../src/std/random.ts';

/** What a step was written as, as far as that decides who is asked about it. */
export interface WrittenStep {
  readonly kind: 'run' | 'emit' | 'gate';
  readonly gate: WrittenGate | undefined;
  readonly effect: 'idempotent' | 'ask';
}

export interface WrittenGate {
  readonly risk: 'low' | 'medium' | 'high';
  readonly quorum: number;
  readonly approvers?: readonly string[];
  readonly expires?: string;
  readonly on_expire?: 'reject' | 'fail';
}

/** A policy, and what it means to whoever has not read how policies are evaluated. */
export interface WrittenPolicy {
  readonly name: string;
  readonly if: string;
  readonly then: 'approve' | 'ask' | 'reject';
}

/** Two flows, one of which may call the other. */
export interface Written {
  readonly flows: Readonly<Record<'main' | 'other', object>>;
  /** Of each flow, what its file says. */
  readonly autonomy: Readonly<Record<string, number | undefined>>;
  readonly steps: ReadonlyMap<string, WrittenStep>;
}

/** Draws flows of steps that are gated, undone, branched, tried again, or none of these. */
export function drawFlows(random: Random): Written {
  const drawing = new Drawing(random);
  const other = drawing.list(1);
  drawing.mayCall = true;
  const main = drawing.list(2);
  const autonomy = { main: drawing.level(), other: drawing.level() };
  const of = (name: 'main' | 'other'): object =>
    autonomy[name] === undefined ? {} : { autonomy: autonomy[name] };
  const flows = {
    main: { on: 'main.wanted', ...of('main'), steps: main },
    other: { on: 'other.wanted', ...of('other'), steps: other },
  };
  return { flows, autonomy, steps: drawing.steps };
}

/** Picks one. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

const COMMANDS = [
  ['ls', '{payload.n}'],
  ['work', '{payload.n}', '{event.type}'],
  ['git', 'push'],
];
const DEPTH_STEPS_MAX = 3;

class Drawing {
  readonly steps = new Map<string, WrittenStep>();
  mayCall = false;
  readonly #random: Random;
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  level(): number | undefined {
    return this.#is(0.6) ? undefined : pick(this.#random, [0, 1, 1, 2, 3, 3]);
  }

  list(depth: number, isRow = true): object[] {
    const length = 1 + Math.floor(this.#random() * DEPTH_STEPS_MAX);
    const list: object[] = [];
    let before: string | undefined;
    for (let n = 0; n < length; n++) {
      const step = this.#step(depth, isRow ? before : undefined);
      list.push(step.written);
      before = step.output;
    }
    return list;
  }

  #step(depth: number, before?: string): { readonly written: object; readonly output?: string } {
    const id = `s${this.#count++}`;
    const drawn = depth === 0 ? 0 : this.#random();
    if (drawn < 0.6) return this.#leaf(id, before);
    if (drawn < 0.7) {
      const written = { if: 'payload.n > 1', then: this.list(depth - 1), else: this.list(0) };
      return { written };
    }
    if (drawn < 0.8) return { written: { id, parallel: this.list(depth - 1, false) } };
    if (drawn < 0.9 || !this.mayCall) {
      const concurrency = 1 + Math.floor(this.#random() * 2);
      const items = '${{ payload.items }}';
      return {
        written: { id, each: items, as: `of_${id}`, do: this.list(depth - 1), concurrency },
      };
    }
    return { written: { id, call: 'other', data: { n: '{payload.n}', items: [1, 2] } } };
  }

  #leaf(id: string, before?: string): { readonly written: object; readonly output?: string } {
    const drawn = this.#random();
    if (drawn < 0.08) return { written: { id, sleep: '20s' } };
    if (drawn < 0.16) {
      const gate = this.#gate();
      this.steps.set(id, { kind: 'gate', gate, effect: 'idempotent' });
      return { written: { id, gate: { ...gate, proposal: 'Agreed on {payload.n}?' } } };
    }
    if (drawn < 0.3) {
      const gate = this.#is(0.5) ? this.#gate() : undefined;
      this.steps.set(id, { kind: 'emit', gate, effect: 'idempotent' });
      const written = { id, emit: 'noted', data: { n: '{payload.n}' }, ...(gate && { gate }) };
      return { written };
    }
    return this.#run(id, before);
  }

  #run(id: string, before?: string): { readonly written: object; readonly output?: string } {
    const gate = this.#is(0.45) ? this.#gate() : undefined;
    const effect = this.#is(0.3) ? 'ask' : 'idempotent';
    const words = pick(this.#random, COMMANDS);
    const run =
      before !== undefined && this.#is(0.5) ? [...words, `{steps.${before}.output}`] : words;
    this.steps.set(id, { kind: 'run', gate, effect });
    const undo = this.#is(0.5) ? this.#undo(id) : undefined;
    const isPassed = this.#is(0.1);
    const written = {
      id,
      run,
      effect,
      retry: { attempts: 2, delay: '1s' },
      ...(gate && { gate }),
      ...(undo && { compensate: undo }),
      ...(isPassed && { on_error: 'continue' }),
    };
    return isPassed ? { written } : { written, output: id };
  }

  #undo(id: string): object {
    const gate = this.#is(0.4) ? this.#gate() : undefined;
    this.steps.set(`${id}.undo`, { kind: 'run', gate, effect: 'idempotent' });
    const run = ['undo', id];
    return { run, effect: 'idempotent', retry: { attempts: 2 }, ...(gate && { gate }) };
  }

  #gate(): WrittenGate {
    const random = this.#random;
    const risk = pick(random, ['low', 'medium', 'high'] as const);
    const quorum = this.#is(0.2) ? 2 : 1;
    const approvers = this.#is(0.2) ? [pick(random, ['lead', 'approver', 'admin'])] : undefined;
    const expires = this.#is(0.3) ? pick(random, ['30s', '2m']) : undefined;
    const on_expire = this.#is(0.5) ? 'reject' : 'fail';
    return {
      risk,
      quorum,
      ...(approvers && { approvers }),
      ...(expires && { expires, on_expire }),
    };
  }

  #is(probability: number): boolean {
    return this.#random() < probability;
  }
}

/** Draws what the configuration says of everybody's gates. */
export function drawPolicies(random: Random): WrittenPolicy[] {
  const answers = ['approve', 'ask', 'reject'] as const;
  const all = Object.keys(POLICIES).filter(() => random() < 0.2);
  return all.map((name) => ({ name, if: POLICIES[name] ?? '', then: pick(random, answers) }));
}

const POLICIES: Readonly<Record<string, string>> = {
  pushes: "proposal.command.startsWith('git ')",
  high: "proposal.risk == 'high'",
  strangers: "proposal.trust == 'untrusted'",
  undos: "proposal.step.endsWith('.undo')",
  others: "proposal.flow == 'other'",
  edits: "proposal.command.startsWith('edited')",
  rest: 'true',
};
