import type { Event } from '../events/event.ts';
import type { ActionStep, Flow } from '../flows/flow.ts';
import { eventScope, type RunNames, type Scope } from '../flows/scope.ts';
import type { Json } from '../std/json.ts';
import type { LogIdentity, LogRecord } from '../store/contract.ts';
import { idOf, toEvent } from '../store/record.ts';
import type { Run } from './evolve.ts';
import { decodeJournal, type JournalEvent } from './journal.ts';
import { stepAt } from './position.ts';
import type { Passed } from './settle.ts';

/** Where a run comes from: what does not change while it moves. */
export interface Origin {
  readonly flow: Flow;
  readonly event: LogRecord;
  readonly identity: LogIdentity;
}

/**
 * A run that this process holds: its control state, and what its next step may ask for.
 *
 * Event and outputs are made when somebody first looks at them: most steps never do.
 */
export class Motion {
  readonly id: number;
  /** The run's id as shown. */
  readonly shownId: string;
  readonly flow: Flow;
  /** The seq of the run's last record. */
  version: number;
  run: Run;
  /** When the first attempt at the step at hand began, in engine time. */
  since: number;
  #story: Story = NO_STORY;
  #event: Event | undefined;
  readonly #cause: LogRecord;
  readonly #identity: LogIdentity;

  constructor(id: number, run: Run, { flow, event, identity }: Origin) {
    this.id = id;
    this.shownId = idOf(identity, id);
    this.flow = flow;
    this.version = id;
    this.run = run;
    this.since = run.started;
    this.#cause = event;
    this.#identity = identity;
  }

  /** Takes up a run that has moved before: its records, oldest first, and where they led to. */
  static resumed(
    { id, version, run }: { readonly id: number; readonly version: number; readonly run: Run },
    origin: Origin,
    history: readonly LogRecord[],
  ): Motion {
    const motion = new Motion(id, run, origin);
    for (const record of history) {
      const entry = decodeJournal(record);
      if (entry !== undefined) motion.#note(entry, record.received);
    }
    motion.version = version;
    return motion;
  }

  get event(): Event {
    return (this.#event ??= toEvent(this.#cause, this.#identity));
  }

  /** Whether a step is behind the run, done or failed. */
  get hasMoved(): boolean {
    return this.#story !== NO_STORY;
  }

  /** What the step before gave. */
  get output(): Json {
    return this.#story.output;
  }

  /** The names that the step at hand may use. */
  scope(now: number): Scope {
    return this.#scope(this.#story, now);
  }

  /** The names as they will be when a step has ended so. */
  scopeAfter(step: ActionStep, passed: Passed, now: number): Scope {
    return this.#scope(withStep(this.#story, step, passed), now);
  }

  /** Moves on: the record is durable at `version`, and makes the run what `row` says. */
  moved(entry: JournalEvent, row: Run, version: number, received: number): void {
    this.version = version;
    this.run = row;
    this.#note(entry, received);
  }

  #note(entry: JournalEvent, received: number): void {
    if (entry.type === 'step.started' && entry.attempt === 1) this.since = received;
    if (entry.type !== 'step.completed' && entry.type !== 'step.failed') return;
    this.since = received;
    const step = stepAt(this.flow, entry.at);
    if (step === undefined || step.choice !== undefined) return;
    const passed = entry.type === 'step.failed' ? { error: entry.error } : { output: entry.output };
    this.#story = withStep(this.#story, step, passed);
  }

  #scope(story: Story, now: number): Scope {
    const { shownId: run, flow } = this;
    return {
      get: (name) => eventScope(this.event, { ...story, run, flow: flow.name, now }).get(name),
    };
  }
}

/** What a run's steps have given so far, as the names of later steps find it. */
type Story = Required<Pick<RunNames, 'outputs' | 'output' | 'named' | 'errors'>>;

const NO_STORY: Story = { outputs: new Map(), output: null, named: new Map(), errors: new Map() };

/** Copies what it changes: a story that is told further leaves the one before as it was. */
function withStep(story: Story, { id, output: name }: ActionStep, passed: Passed): Story {
  if ('error' in passed) {
    const { code, message } = passed.error;
    return { ...story, output: null, errors: new Map(story.errors).set(id, { code, message }) };
  }
  const { output } = passed;
  const outputs = new Map(story.outputs).set(id, output);
  if (name === undefined) return { ...story, output, outputs };
  return { ...story, output, outputs, named: new Map(story.named).set(name, output) };
}
