import { isDeepStrictEqual } from 'node:util';
import type { SourceDefinition } from '../flows/source.ts';
import { type Clock, delay } from '../std/clock.ts';
import { suggestion } from '../std/diagnostics.ts';
import { formatDuration } from '../std/duration.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { Random } from '../std/random.ts';
import type { Service } from '../std/service.ts';
import type { LogDoor } from './door.ts';
import { foundText } from './found-text.ts';
import type { Found, SourceKind } from './source.ts';
import { type QuotaOf, type SourceView, SupervisedSource } from './supervised-source.ts';

/** How long a start waits for sources that take long to look at what they missed. */
const START_MS = 10_000;

/** What sources stand on. */
export interface SourcesOptions {
  readonly kinds: readonly SourceKind[];
  /** The sources of the catalog in force. */
  readonly inForce: () => Promise<Iterable<SourceDefinition>>;
  /** Types or names; where given, only these are opened. */
  readonly only?: readonly string[] | undefined;
  readonly door: LogDoor;
  readonly directory: string;
  readonly aliveUntil: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly quotaOf?: QuotaOf | undefined;
}

/** Every source that is open. */
export class Sources implements Service {
  readonly name = 'sources';
  readonly #options: SourcesOptions;
  readonly #kinds: ReadonlyMap<string, SourceKind>;
  readonly #open = new Map<string, SupervisedSource>();
  readonly #found: (Found & { readonly source: string })[] = [];
  #starting = true;
  #stopping = false;
  /** Changes of what is open, one after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: SourcesOptions) {
    this.#options = options;
    this.#kinds = new Map(options.kinds.map((kind) => [kind.shape.type, kind]));
  }

  /** Opens the sources in force. One that cannot be opened is degraded, and holds nobody up. */
  async start(): Promise<void> {
    const { clock } = this.#options;
    const told = new AbortController();
    const opened = this.refresh().finally(() => told.abort());
    await Promise.race([opened, delay(clock, START_MS, told.signal)]);
    void opened.then(() => (this.#stopping ? undefined : this.#tell()));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#open.values()].map((source) => source.stop()));
    await this.#turn;
  }

  /** Opens and closes sources until those are open that are in force. Others go on. */
  refresh(): Promise<void> {
    const refreshed = this.#turn.then(() => this.#refresh());
    this.#turn = refreshed.catch(() => {});
    return refreshed;
  }

  /** Resolves when each source has been tried: it hears by then, or it is degraded. */
  opened(): Promise<void> {
    return this.#turn;
  }

  /**
   * Closes a source and opens it anew, whatever state it is in. Its memory stays.
   *
   * @throws SignalboxError `source.unknown` where none of this name is open.
   */
  restart(name: string): Promise<void> {
    const restarted = this.#turn.then(() => this.#restart(this.named(name)));
    this.#turn = restarted.catch(() => {});
    return restarted;
  }

  /**
   * The full name of an open source; `WORD` stands for `TYPE:WORD`.
   *
   * @throws SignalboxError `source.unknown`
   */
  named(word: string): string {
    const names = [...this.#open.keys()];
    const found = names.find((name) => name === word || name.endsWith(`:${word}`));
    if (found !== undefined) return found;
    const near = suggestion(word, names);
    const there = names.length === 0 ? 'None is open' : `There are ${names.join(', ')}`;
    const tail = near === '' ? `. ${there}.` : near;
    throw new SignalboxError('source.unknown', `No source is called "${word}"${tail}`);
  }

  views(): SourceView[] {
    return [...this.#open.values()].map((source) => source.view());
  }

  async #refresh(): Promise<void> {
    const wanted = new Map<string, SourceDefinition>();
    for (const definition of await this.#options.inForce()) {
      if (this.#isWanted(definition)) wanted.set(definition.name, definition);
    }
    const gone = [...this.#open].filter(([name, { definition }]) => {
      return !isDeepStrictEqual(definition, wanted.get(name));
    });
    await Promise.all(
      gone.map(async ([name, source]) => {
        await source.stop(wanted.has(name));
        this.#open.delete(name);
      }),
    );
    const added = [...wanted.values()].filter(({ name }) => !this.#open.has(name));
    await Promise.all(added.map((definition) => this.#add(definition)));
  }

  async #restart(name: string): Promise<void> {
    const source = this.#open.get(name);
    if (source === undefined || this.#stopping) return;
    await source.stop(true);
    this.#open.delete(name);
    await this.#add(source.definition);
  }

  async #add(definition: SourceDefinition): Promise<void> {
    const kind = this.#kinds.get(definition.type);
    if (kind === undefined || this.#stopping) return;
    const { name: source } = definition;
    const onFound = (found: Found): void => {
      if (this.#starting) this.#found.push({ source, ...found });
    };
    const opened = new SupervisedSource({ ...this.#options, definition, kind, onFound });
    this.#open.set(source, opened);
    await opened.start();
  }

  #isWanted({ name, type }: SourceDefinition): boolean {
    const { only } = this.#options;
    return only?.some((word) => [type, name].includes(word) || name === `${type}:${word}`) ?? true;
  }

  /** Says, once after the start, what was found of the time when nobody listened. */
  async #tell(): Promise<void> {
    const { aliveUntil, door, logger } = this.#options;
    this.#starting = false;
    const found = this.#found.filter(({ recovered, skipped }) => recovered + skipped > 0);
    if (aliveUntil === undefined || found.length === 0) return;
    const downMs = Math.max(0, door.now() - aliveUntil);
    await door.note('source.reconciled', undefined, { down_ms: downMs, found });
    logger.info(`down ${formatDuration(downMs)}: ${found.map(foundText).join(', ')}`);
  }
}
