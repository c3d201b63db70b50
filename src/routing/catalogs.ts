import type { Catalog, SourceFile } from '../flows/catalog.ts';
import type { OwnEventType } from '../events/own-types.ts';
import type { Flow } from '../flows/flow.ts';
import type { SourceDefinition } from '../flows/source.ts';
import type { OwnTool } from '../flows/tool.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Json } from '../std/json.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { ownRecord } from '../store/record.ts';
import { FlowIndex } from './match.ts';

/** Makes a catalog of the files that an activation recorded, and of who was our own by then. */
export type ParseCatalog = (files: readonly SourceFile[], ownActors: readonly string[]) => Catalog;

/** A catalog with the index over its flows. */
export interface ActiveCatalog {
  readonly catalog: Catalog;
  readonly index: FlowIndex;
}

/** Who changes the catalog in force, and what the record shall say of it. */
export interface CatalogNote {
  readonly actor: string;
  readonly [field: string]: Json;
}

/** What an activation records, beside what a note says. */
interface Recorded {
  readonly hash: string;
  /** As they were read, since variables may stand for others by now. Older records have none. */
  readonly own_actors?: readonly string[];
  readonly files: readonly SourceFile[];
}

interface Activation {
  readonly seq: number;
  readonly hash: string;
}

const EMPTY: ActiveCatalog = {
  catalog: { hash: '', files: [], flows: new Map() },
  index: new FlowIndex([]),
};

/** What is recorded of a catalog that is put in force. */
export const ACTIVATED = 'catalog.activated';

/** Parsed catalogs that are kept beside the one in force: those that open runs are pinned to. */
const KEPT_MAX = 16;

/**
 * The catalogs that were in force, and when. The log holds each with all its files, so that an
 * event is matched, and a run goes on, under what held at its time, whatever the files say by now.
 */
export class Catalogs {
  readonly #store: Store;
  readonly #parse: ParseCatalog;
  readonly #activations: Activation[] = [];
  readonly #loaded = new Map<string, ActiveCatalog>();

  private constructor(store: Store, parse: ParseCatalog) {
    this.#store = store;
    this.#parse = parse;
    // Before anybody else hears of a record behind an activation, the activation is known.
    store.onCommitted((records) => this.#note(records));
  }

  static async open(store: Store, parse: ParseCatalog): Promise<Catalogs> {
    const catalogs = new Catalogs(store, parse);
    for (let after = 0; ;) {
      const records = await store.read({ after, limit: 100, type: ACTIVATED });
      catalogs.#note(records);
      const last = records.at(-1);
      if (last === undefined) return catalogs;
      after = last.seq;
    }
  }

  /** The hash in force now; undefined before the first activation. */
  get current(): string | undefined {
    return this.#activations.at(-1)?.hash;
  }

  /** The one catalog whose hash begins so, or the one in force; undefined where there is none. */
  named(start: string | undefined): string | undefined {
    if (start === undefined) return this.current;
    const hashes = new Set(this.#activations.map(({ hash }) => hash));
    const found = [...hashes].filter((hash) => hash.startsWith(start));
    return start === '' || found.length > 1 ? undefined : found[0];
  }

  /**
   * Puts a catalog in force for every event behind the record of it, which also says who did so and
   * what changes.
   *
   * @throws SignalboxError `data.unusable` where the disk is full: then nothing has changed.
   */
  async activate(catalog: Catalog, time: EngineTime, note?: CatalogNote): Promise<void> {
    const { hash, files, ownActors = [] } = catalog;
    // Who matches an event behind the record must find the catalog at hand.
    this.#keep(catalog);
    if (await this.#record(ACTIVATED, { hash, ...note, own_actors: ownActors, files }, time))
      return;
    const message =
      'The flows could not be put in force, because the disk is full; free some space.';
    throw new SignalboxError('data.unusable', message);
  }

  /** Records that files were not put in force. A full disk is no reason to say so less clearly. */
  async refuse(note: CatalogNote, time: EngineTime): Promise<void> {
    await this.#record('catalog.refused', note, time);
  }

  async #record(type: OwnEventType, data: object, time: EngineTime): Promise<boolean> {
    const cause = { correlation: null, causation: null, hops: 0 };
    const record = ownRecord(type, JSON.stringify(data), time.now(), cause);
    const result = await this.#store.append({ writes: [{ kind: 'event', record }] });
    return result.kind === 'appended';
  }

  #note(records: readonly LogRecord[]): void {
    for (const record of records) {
      if (record.type === ACTIVATED) this.#activations.push(activationOf(record));
    }
  }

  /** Spares parsing what is parsed already. */
  provide(catalog: Catalog): void {
    this.#keep(catalog);
  }

  /**
   * The catalog under which the event at a seq is matched, or the one of that hash. What was
   * recorded before any daemon ran waits for the first one's catalog; where none was ever in force,
   * an empty one.
   */
  async at(place: number | string): Promise<ActiveCatalog> {
    const hash = typeof place === 'string' ? place : this.#hashAt(place);
    return hash === undefined ? EMPTY : this.byHash(hash);
  }

  /** The same without waiting; undefined where it is not at hand. */
  loadedAt(seq: number): ActiveCatalog | undefined {
    const hash = this.#hashAt(seq);
    return hash === undefined ? EMPTY : this.#loaded.get(hash);
  }

  #hashAt(seq: number): string | undefined {
    const last = this.#activations.at(-1);
    // Nearly always it is the last one: the router follows closely.
    if (last === undefined || last.seq < seq) return last?.hash;
    const activation = this.#activations.findLast((candidate) => candidate.seq < seq);
    return (activation ?? this.#activations[0])?.hash;
  }

  /** @throws SignalboxError `catalog.unknown` where no activation recorded it. */
  async byHash(hash: string): Promise<ActiveCatalog> {
    return this.#loaded.get(hash) ?? this.#load(hash);
  }

  /** The flows that are in force now. */
  async flowsInForce(): Promise<ReadonlyMap<string, Flow>> {
    return (await this.at(Number.POSITIVE_INFINITY)).catalog.flows;
  }

  /** The sources that are in force now. */
  async sourcesInForce(): Promise<Iterable<SourceDefinition>> {
    const { sources = new Map<string, never>() } = (await this.at(Number.POSITIVE_INFINITY))
      .catalog;
    return [...sources.values()].filter(({ unset }) => unset !== true);
  }

  async findFlow(hash: string, flow: string): Promise<Flow | undefined> {
    return (await this.byHash(hash)).catalog.flows.get(flow);
  }

  async findTool(hash: string, tool: string): Promise<OwnTool | undefined> {
    return (await this.byHash(hash)).catalog.tools?.get(tool);
  }

  /**
   * The files of a catalog, as they were when it was put in force.
   *
   * @throws SignalboxError `catalog.unknown` where no activation recorded it.
   */
  async recorded(hash: string): Promise<readonly SourceFile[]> {
    return (await this.#read(hash)).files;
  }

  async #load(hash: string): Promise<ActiveCatalog> {
    const { files, own_actors: ownActors = [] } = await this.#read(hash);
    return this.#keep(this.#parse(files, ownActors));
  }

  async #read(hash: string): Promise<Recorded> {
    const activation = this.#activations.find((candidate) => candidate.hash === hash);
    if (activation !== undefined) {
      const [record] = await this.#store.read({ after: activation.seq - 1, limit: 1 });
      if (record !== undefined) return JSON.parse(record.data) as Recorded;
    }
    throw new SignalboxError(
      'catalog.unknown',
      `The log holds no catalog ${hash}; run "signalbox verify".`,
    );
  }

  #keep(catalog: Catalog): ActiveCatalog {
    const known = this.#loaded.get(catalog.hash);
    if (known !== undefined) return known;
    const active = { catalog, index: new FlowIndex(catalog.flows.values(), catalog.ownActors) };
    for (const hash of this.#loaded.keys()) {
      if (this.#loaded.size < KEPT_MAX) break;
      if (hash !== this.current) this.#loaded.delete(hash);
    }
    this.#loaded.set(catalog.hash, active);
    return active;
  }
}

function activationOf(record: LogRecord): Activation {
  const { hash } = JSON.parse(record.data) as Recorded;
  return { seq: record.seq, hash };
}
