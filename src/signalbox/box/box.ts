import type { FlowDefinition } from '../../flows/code/flow.ts';
import { textProblem } from '../../events/event.ts';
import type { ToolDefinition } from '../../flows/code/tool.ts';
import type { HookName } from '../../routing/hooks/shape.ts';
import type { Signalbox } from '../../signalbox.ts';
import { builtInSourceShapes } from '../../sources/shapes.ts';
import { messageOf, SignalboxError } from '../../std/errors.ts';
import type { Json } from '../../std/json.ts';
import type { Service } from '../../std/service.ts';
import type { Event } from '../../events/event.ts';
import type { EventResult } from '../../views/event-result.ts';
import { handleEvent } from '../handling.ts';
import { dataText, type Emitted, type EmitOptions, draftOf, emittedOf } from './emitting.ts';
import { codeHook, type HookFunction, type HookOptions } from './hook.ts';
import { LiveListener } from './live.ts';
import { Given, type Opener, type Running } from './running.ts';
import { SecretVariables, type SourceDocument } from './secrets.ts';
import { afterProblem, type StreamOptions, streamOf } from './stream.ts';
import { type Listener, placeOf, Subscriber } from './subscriber.ts';

/** What a box hands to a handler. */
export interface Handled {
  readonly data?: Json;
  /** When it happened, as RFC 3339. */
  readonly time?: string;
  /** Whether somebody is asked before each step that acts, in the run and what comes of it. */
  readonly interactive?: boolean;
}

/** An end to what was begun. Safe twice. */
export type Unsubscribe = () => Promise<void>;

/**
 * Signalbox in a program: flows, tools, hooks and sources in code beside those of the files, and
 * what is recorded as events to listen to.
 *
 * `emit`, `handle`, `source` and reading a `stream` start a box that has not been started; after
 * `stop` they throw `box.stopped` until it is started again.
 */
export interface Box {
  /**
   * Gives flows a tool. Before the start only.
   *
   * @throws SignalboxError `box.started`.
   */
  tool(definition: ToolDefinition): void;
  /**
   * Adds a flow. Before the start only: it is checked with the files, all findings at once.
   *
   * @throws SignalboxError `box.started`.
   */
  flow(definition: FlowDefinition): void;
  /**
   * Asks a function about events before flows see them, or tells it what became of them, behind the
   * hooks of the configuration. It runs in this program's loop. Before the start only.
   *
   * @throws SignalboxError `box.started`.
   */
  hook(name: HookName, ask: HookFunction, options?: HookOptions): void;
  /**
   * Opens a source, at once, until the box stops. Its secrets stay out of the log.
   *
   * @throws SignalboxError `config.invalid` with each finding: then all stays as it was.
   */
  source(source: SourceDocument): Promise<void>;
  /**
   * Starts a flow by its name and resolves when its run has ended, or rests for a person.
   *
   * @throws SignalboxError `flow.unknown`, `event.invalid`, `event.refused`,
   *   `orchestrator.stopped` where the box stops first: the run goes on with the next start.
   */
  handle(event: Handled, flow: string): Promise<EventResult>;
  /**
   * Records an event; resolves when it is on the disk.
   *
   * @throws SignalboxError `event.invalid`, `event.conflict`, `event.refused`.
   */
  emit(type: string, data?: Json, options?: EmitOptions): Promise<Emitted>;
  /**
   * Tells `listener` of every event of a type, in the order of the log and at least once, also over
   * restarts and crashes: its place is kept under `name`. The first time it begins where the log
   * ends, or behind `after`. What it throws is reported, and the event is told again, with pauses,
   * until it is taken; others are not held up. A `TerminalError` passes the event over.
   *
   * @throws SignalboxError `subscriber.invalid` for a name that is taken, or no name, or an `after`
   *   that is no seq.
   */
  subscribe(
    type: string,
    name: string,
    listener: Listener,
    options?: { readonly after?: number },
  ): Unsubscribe;
  /**
   * Tells `listener` of events that are recorded while it listens. Nothing is remembered, and what
   * it throws is reported only.
   */
  subscribeLive(type: string, listener: Listener): Unsubscribe;
  /**
   * The log, and then what is added to it, until the box stops. A slow reader misses nothing.
   *
   * Its reading throws `stream.invalid` for an `after` that is no seq.
   */
  stream(options?: StreamOptions): AsyncIterableIterator<Event>;
  /** All else that the engine can do. Throws `box.not_started` while it does not run. */
  readonly engine: Signalbox;
  /** Takes the data directory and begins, also after a stop. Safe twice. */
  start(): Promise<void>;
  /** Ends streams, lets what is under way end or rest, and lets go. Safe twice. */
  stop(): Promise<void>;
}

/** What the key of a live listener begins with: no name of a subscriber holds a line break. */
const LIVE = '\n';

/** A box over whatever opens its engine. */
export class OpenableBox implements Box {
  readonly #open: Opener;
  readonly #secrets = new SecretVariables(builtInSourceShapes);
  /** What listens, and makes it for each start anew. */
  readonly #listeners = new Map<string, (running: Running) => Service>();
  readonly #given = new Given(() =>
    [...this.#listeners.keys()].filter((key) => !key.startsWith(LIVE)).map(placeOf),
  );
  readonly #services = new Map<string, Service>();
  #lives = 0;
  #running: Running | undefined;
  #wasStopped = false;
  /** What changes the engine, one after the other: each finds what the one before it left. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(open: Opener) {
    this.#open = open;
  }

  get engine(): Signalbox {
    if (this.#running !== undefined) return this.#running.box;
    throw new SignalboxError('box.not_started', 'The box does not run; start it first.');
  }

  tool(definition: ToolDefinition): void {
    this.#assertNotStarted(`the tool "${definition.name}"`);
    this.#given.tools.push(definition);
  }

  flow(definition: FlowDefinition): void {
    this.#assertNotStarted(`the flow "${definition.name}"`);
    this.#given.flows.push(definition);
  }

  hook(name: HookName, ask: HookFunction, options: HookOptions = {}): void {
    this.#assertNotStarted('a hook');
    this.#given.hooks.push(codeHook(name, ask, options));
  }

  async source(source: SourceDocument): Promise<void> {
    await this.#started();
    return this.#inTurn(() => this.#register(source));
  }

  async handle({ data = null, ...how }: Handled, flow: string): Promise<EventResult> {
    const start = { ...how, flow, data: dataText(data) };
    return handleEvent(await this.#started(), start);
  }

  async emit(type: string, data: Json = null, options: EmitOptions = {}): Promise<Emitted> {
    const { box } = await this.#started();
    return emittedOf(await box.emit(draftOf(type, data, options)));
  }

  subscribe(
    type: string,
    name: string,
    listener: Listener,
    { after }: { readonly after?: number } = {},
  ): Unsubscribe {
    const problem = textProblem('name', name) ?? afterProblem(after) ?? this.#takenProblem(name);
    if (problem !== undefined) throw new SignalboxError('subscriber.invalid', problem);
    const options = { type, name, listener, after };
    return this.#listen(name, (running) => new Subscriber(options, running));
  }

  subscribeLive(type: string, listener: Listener): Unsubscribe {
    const key = `${LIVE}${++this.#lives}`;
    return this.#listen(key, (running) => new LiveListener({ type, listener }, running));
  }

  async *stream(options: StreamOptions = {}): AsyncGenerator<Event, void, undefined> {
    const problem = afterProblem(options.after);
    if (problem !== undefined) throw new SignalboxError('stream.invalid', problem);
    yield* streamOf(await this.#started(), options);
  }

  start(): Promise<void> {
    return this.#inTurn(() => this.#start());
  }

  stop(): Promise<void> {
    this.#wasStopped = true;
    this.#running?.stop.abort();
    return this.#inTurn(() => this.#stop());
  }

  #takenProblem(name: string): string | undefined {
    if (!this.#listeners.has(name)) return undefined;
    return `"${name}" is a subscriber already; its place in the log is its own. Name another.`;
  }

  #assertNotStarted(what: string): void {
    if (this.#running === undefined) return;
    const message = `The box runs already: give it ${what} before its start.`;
    throw new SignalboxError('box.started', message);
  }

  async #started(): Promise<Running> {
    if (this.#running === undefined && !this.#wasStopped) await this.start();
    if (this.#running !== undefined) return this.#running;
    throw new SignalboxError('box.stopped', 'The box is stopped; start it again.');
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #start(): Promise<void> {
    if (this.#running !== undefined) return;
    this.#wasStopped = false;
    const running = await this.#open(this.#given, this.#secrets);
    try {
      for (const [key, make] of this.#listeners) await this.#begin(key, make(running));
    } catch (error) {
      await this.#end(running);
      throw error;
    }
    this.#running = running;
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    // What began while it waited for its turn has ended too.
    this.#wasStopped = true;
    if (running !== undefined) await this.#end(running);
  }

  async #end(running: Running): Promise<void> {
    running.stop.abort();
    // A place that cannot be kept any more must not keep the engine from letting go.
    await Promise.allSettled([...this.#services.keys()].map((key) => this.#finish(key)));
    await running.box.stop();
  }

  #listen(key: string, make: (running: Running) => Service): Unsubscribe {
    this.#listeners.set(key, make);
    void this.#inTurn(async () => {
      const running = this.#running;
      const isEnded = this.#listeners.get(key) !== make;
      if (running === undefined || isEnded || this.#services.has(key)) return;
      await this.#begin(key, make(running)).catch((error: unknown) => {
        running.logger.error('a subscriber cannot begin', { error: messageOf(error) });
      });
    });
    return async () => {
      // Another may have come in its place since it was ended.
      if (this.#listeners.get(key) !== make) return;
      this.#listeners.delete(key);
      await this.#inTurn(() => this.#finish(key));
    };
  }

  async #begin(key: string, service: Service): Promise<void> {
    this.#services.set(key, service);
    await service.start();
  }

  async #finish(key: string): Promise<void> {
    const service = this.#services.get(key);
    this.#services.delete(key);
    await service?.stop();
  }

  async #register(source: SourceDocument): Promise<void> {
    const { sources } = this.#given;
    sources.push(this.#secrets.hide(source, sources.length + 1));
    try {
      await this.#running?.reload();
    } catch (error) {
      sources.pop();
      throw error;
    }
  }
}
