import type { ActionStep, CallFork, Flow, ForkStep, Step } from '../../flows/flow.ts';
import { render } from '../../flows/template.ts';
import type { EndState } from '../../store/contract.ts';
import { compensate } from '../compensate.ts';
import { born, evolve } from '../evolve.ts';
import { endsRun, type JournalEvent } from '../journal.ts';
import { type BranchOrigin, Motion, type Origin } from '../motion.ts';
import { begin, isAction } from '../next.ts';
import { type Ending, endingOf, OpenFork } from '../open-fork.ts';
import { arrive, isOpen, isUndoing, type Path, stepAt } from '../position.ts';
import { endOf } from '../run-end.ts';
import { scopeWith } from '../run-secrets.ts';
import { complete, fail, failed } from '../settle.ts';
import { withinOf } from '../story.ts';
import { eventSeenBy } from '../trust.ts';
import { endedBy, reasonOf, settledBy } from './answered.ts';
import { filled, type LeftTo, leftTo, type Side } from './left-to.ts';
import type { RecordedRun, Visit } from './recording.ts';
import type { AtStep, Stand } from './stand.ts';

/** The stands of a run, and the record that ends it; undefined where it does not come so far. */
export type Retracing = Generator<Stand, JournalEvent | undefined, undefined>;

/**
 * The way that a recorded run goes by a definition of its flow, and with it those that it opened:
 * each step that acts takes what the record has of it, and nothing is called. What follows from
 * that is decided by what decides it for runs.
 */
export function retrace(run: RecordedRun, flow: Flow, side: Side): Retracing {
  const { started, event, members, row } = run;
  const seen = eventSeenBy(started, event);
  const origin = { flow, event: seen, identity: side.identity, members, data: started.data };
  return new Retrace(run, { side, origin, within: '', at: '0', branch: row.branch }).go();
}

interface Where {
  readonly side: Side;
  readonly origin: Origin;
  readonly within: string;
  /** Where it begins. */
  readonly at: Path;
  readonly branch: number | null;
}

/** What a fork leaves to others. */
interface Left extends LeftTo {
  readonly step: ForkStep;
  readonly at: Path;
  readonly visit: Visit;
}

const NO_RECORD = 'its definition comes to where its record does not say how it goes on';

class Retrace {
  readonly #run: RecordedRun;
  readonly #where: Where;
  readonly #motion: Motion;
  #visits = 0;
  /** Engine time, as the record has it. */
  #now: number;

  constructor(run: RecordedRun, where: Where) {
    const { row, started } = run;
    const { type: _, flow: __, at: ___, attempt: ____, due: _____, ...beginning } = started;
    const first = begin(where.origin.flow, { ...beginning, at: where.at }, null);
    const { started: received, correlation, hops } = row;
    this.#run = run;
    this.#where = where;
    this.#now = received;
    this.#motion = new Motion(row.id, born(first, { received, correlation, hops }), where.origin);
  }

  get motion(): Motion {
    return this.#motion;
  }

  *go(): Retracing {
    for (;;) {
      const step = stepAt(this.#motion.flow, this.#motion.run.at);
      if (step === undefined) return yield* this.#stopped(NO_RECORD);
      const result = yield* this.#step(step);
      if (result === undefined) return undefined;
      const entry = compensate(this.#motion, result, { epoch: 0 });
      this.#advance(entry);
      if (endsRun(entry)) return yield* this.#end(entry);
      if (!('next' in entry)) return undefined;
    }
  }

  *#end(entry: JournalEvent): Retracing {
    const { end, stop } = this.#run;
    if (stop !== undefined) return yield* this.#stopped(stop);
    const { within } = this.#where;
    const state = this.#motion.run.state as EndState;
    const output = 'output' in entry ? (entry.output ?? null) : null;
    yield { kind: 'end', within, state, output, reason: reasonOf(entry), recorded: end?.state };
    return entry;
  }

  *#stopped(reason: string): Retracing {
    yield { kind: 'stop', within: this.#where.within, reason };
    return undefined;
  }

  *#step(step: Step): Retracing {
    const { motion } = this;
    const { flow, run } = motion;
    const isUndo = isUndoing(run.at);
    if (isUndo && step.fork !== undefined) {
      return yield* this.#stopped(`what the branches of step "${step.id}" did was undone`);
    }
    if (!isOpen(step) || run.attempt > 0) return yield* this.#begin(step, run.at);
    const now = this.#visit?.began ?? this.#now;
    const arrival = arrive(flow, run.at, motion.scope(now));
    const at = arrival.kind === 'end' ? run.at : arrival.at;
    const found = stepAt(flow, at) ?? step;
    if (arrival.kind === 'end') return endOf(motion, found, now);
    if (arrival.kind === 'step') return yield* this.#begin(found, at);
    const { message } = arrival;
    const visit = yield* this.#stand(found, { input: null, problem: message });
    if (visit === undefined) return undefined;
    const error = { code: 'expression.failed', message, happened: 'no' } as const;
    return fail({ ...run, at, attempt: 0 }, motion.passing(found, now), error);
  }

  *#begin(step: Step, at: Path): Retracing {
    if (step.fork !== undefined) return yield* this.#fork(step, at);
    if (!isAction(step)) return yield* this.#stopped(NO_RECORD);
    if (this.#motion.run.at !== at) this.#started(step, at, step.gate === undefined ? 1 : 0);
    const visit = yield* this.#stand(step, this.#input(step));
    return visit === undefined ? undefined : yield* this.#action(step, visit);
  }

  *#stand(
    step: Step,
    given: Pick<AtStep, 'input' | 'problem'>,
  ): Generator<Stand, Visit | undefined, undefined> {
    const next = this.#visit;
    const visit = next?.step === step.id ? next : undefined;
    const { end, stop } = this.#run;
    if (next === undefined && stop !== undefined) {
      yield* this.#stopped(stop);
      return undefined;
    }
    yield {
      kind: 'step',
      flow: this.#motion.flow.name,
      within: this.#where.within,
      step: step.id,
      does: step.kind,
      asks: isAction(step) && step.gate !== undefined,
      asked: visit?.asked ?? false,
      isRecorded: visit !== undefined,
      isOpen: next === undefined && end === undefined,
      ...given,
    };
    if (visit === undefined) return undefined;
    this.#visits++;
    this.#now = Math.max(this.#now, visit.began);
    return visit;
  }

  get #visit(): Visit | undefined {
    return this.#run.visits[this.#visits];
  }

  #input({
    id,
    input,
    secrets = [],
    compensate: undo,
  }: ActionStep): Pick<AtStep, 'input' | 'problem'> {
    const visit = this.#visit?.step === id ? this.#visit : undefined;
    const began = visit?.began ?? this.#now;
    const now = visit?.asOf ?? (undo === undefined ? began : this.#motion.since);
    const names = Object.fromEntries(secrets.map((name) => [name, `[secret ${name}]`]));
    const scope = scopeWith(this.#motion.scope(now), secrets.length === 0 ? undefined : names);
    return filled(() => render(input, scope));
  }

  *#action(step: ActionStep, visit: Visit): Retracing {
    const { motion } = this;
    let failures = 0;
    for (const answer of visit.answers) {
      const { at } = motion.run;
      if (answer.kind === 'note') {
        // By its own definition it counts as begun with the step before.
        if (answer.begins !== true || motion.run.attempt === 0)
          this.#advance({ ...answer.entry, at });
        continue;
      }
      const ended = endedBy(motion, step, answer, this.#now);
      // A branch undoes what it did where its run says so, and not by itself.
      const isUndone = this.#run.end?.state !== 'cancelled' && motion.run.branch !== null;
      if (answer.kind === 'cancelled' && isUndone)
        return yield* this.#stopped('what its branches did was undone');
      if (ended !== undefined) return ended;
      const attempt = motion.run.crashes + failures + 1;
      if (motion.run.attempt !== attempt) this.#started(step, at, attempt);
      const entry = settledBy(motion, step, answer, this.#now);
      if (answer.kind === 'lost' && 'next' in entry) {
        yield { kind: 'lost', within: this.#where.within, step: step.id, attempt: undefined };
        return undefined;
      }
      if (entry.type !== 'step.retrying') return entry;
      this.#advance(entry);
      failures++;
    }
    if (this.#visit === undefined && this.#run.end === undefined) {
      const { stop } = this.#run;
      return stop === undefined ? undefined : yield* this.#stopped(stop);
    }
    const attempt = failures + 1;
    yield { kind: 'lost', within: this.#where.within, step: step.id, attempt };
    return undefined;
  }

  *#fork(step: ForkStep, at: Path): Retracing {
    const { motion } = this;
    const now = this.#visit?.began ?? this.#now;
    const passing = motion.passing(step, now);
    const place = { ...motion.run, at };
    const left = leftTo(step, motion.scope(now), this.#where.side);
    const visit = yield* this.#stand(step, left);
    if (visit === undefined) return undefined;
    if (left.error !== undefined) return failed(place, passing, left.error);
    const { items, data } = left;
    const given = { step, at, visit, items, data };
    const { fork } = step;
    if (fork.kind === 'call' && fork.detach) {
      const { before, last } = visit;
      for (const child of this.#run.children) {
        const { id, fork: waited } = child.row;
        if (waited === null && before < id && id < last) yield* this.#called(child, given, fork);
      }
      return complete(place, passing, null);
    }
    if (fork.kind !== 'call' && items.length === 0) return complete(place, passing, []);
    return yield* this.#branches(given);
  }

  *#branches(left: Left): Retracing {
    const { motion } = this;
    const { step, at, visit, items } = left;
    const count = items.length;
    const seq = motion.version;
    const record = { at, step: step.id, count, concurrency: count };
    const open = new OpenFork({ parent: motion, step, seq, record, items });
    this.#advance({ type: 'step.forked', ...record, due: null });
    const endings: { readonly branch: number; readonly ending: Ending; readonly seq: number }[] =
      [];
    let isOver = true;
    for (const child of this.#opened(visit)) {
      const branch = child.row.branch ?? 0;
      if (branch >= count) return yield* this.#stopped(NO_RECORD);
      open.opened(branch);
      const ending = yield* this.#child(child, left, open);
      isOver &&= ending !== undefined;
      if (ending !== undefined) endings.push({ branch, ending, seq: child.end?.seq ?? 0 });
    }
    const [last] = visit.answers;
    if (last === undefined) return undefined;
    const ended = endedBy(motion, step, last, this.#now);
    if (ended !== undefined) return ended;
    if (!isOver) return undefined;
    for (const { branch, ending } of endings.toSorted((one, other) => one.seq - other.seq))
      open.end(branch, ending);
    return compensate(motion, open.join(this.#now, 0), { due: this.#now, epoch: 0 });
  }

  #opened({ fork }: Visit): readonly RecordedRun[] {
    const opened = this.#run.children.filter(({ row }) => row.fork !== null && row.fork === fork);
    return opened.toSorted((one, other) => (one.row.branch ?? 0) - (other.row.branch ?? 0));
  }

  /** What came of a run that the fork opened; undefined where it is open. */
  *#child(
    child: RecordedRun,
    left: Left,
    open: OpenFork,
  ): Generator<Stand, Ending | undefined, undefined> {
    const { step } = left;
    if (step.fork.kind === 'call') {
      const entry = yield* this.#called(child, left, step.fork);
      return entry && endingOf(entry, undefined);
    }
    const branch = child.row.branch ?? 0;
    const branchOf: BranchOrigin = open.origin(branch, open.item(branch));
    const { side, origin } = this.#where;
    const within = `${this.#path(step.id)}[${branch}]`;
    const where = {
      side,
      origin: { ...origin, branchOf },
      within,
      at: open.startOf(branch),
      branch,
    };
    const inner = new Retrace(child, where);
    const entry = yield* inner.go();
    if (entry === undefined) return undefined;
    const isParallel = step.fork.kind === 'parallel';
    return endingOf(entry, isParallel ? withinOf(inner.motion.storyAfter(entry), step) : undefined);
  }

  *#called(child: RecordedRun, { step, data }: Left, { flow: name }: CallFork): Retracing {
    const { side, origin } = this.#where;
    const flow = side.flow(name);
    if (flow === undefined) return undefined;
    const { event, identity } = origin;
    const seen = eventSeenBy(child.started, event);
    const own = { flow, event: seen, identity, data };
    const within = `${this.#path(step.id)} > ${name}`;
    return yield* new Retrace(child, { side, origin: own, within, at: '0', branch: null }).go();
  }

  #path(step: string): string {
    const { within } = this.#where;
    return within === '' ? step : `${within}/${step}`;
  }

  #started({ id }: Step, at: Path, attempt: number): void {
    const { crashes } = this.#motion.run;
    this.#advance({ type: 'step.started', at, step: id, attempt, epoch: 0, crashes });
  }

  #advance(entry: JournalEvent): void {
    const { run, version } = this.#motion;
    const place = { seq: version + 1, received: this.#now, length: 0 };
    this.#motion.moved(entry, evolve(run, entry, this.#now), place);
  }
}
