import { isDeepStrictEqual } from 'node:util';
import type { Configuration, Loaded } from '../config.ts';
import type { Catalog } from '../flows/catalog.ts';
import { compareFlows, type FlowsDifference } from '../flows/difference.ts';
import { compareSources, type SourcesDifference } from '../flows/source.ts';
import type { Catalogs } from '../routing/catalogs.ts';
import { type Finding, formatFinding } from '../std/diagnostics.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { OpenRunsOfFlow, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Settings } from './settings.ts';

/** What the files would change of what is in force. */
export interface Plan extends FlowsDifference {
  readonly ok: true;
  /** The hash of the catalog in force; null where there never was one. */
  readonly in_force: string | null;
  /** The hash of the files. */
  readonly files: string;
  readonly sources: SourcesDifference;
  /** Settings that differ from those that the daemon runs with. */
  readonly needs_restart: readonly string[];
  /** Open runs of other catalogs than the files': each goes on under its own. */
  readonly pinned: readonly OpenRunsOfFlow[];
  /** Warnings. */
  readonly findings: readonly Finding[];
}

/** Files that cannot be put in force, and why: at least one finding is an error. */
export interface BadFiles {
  readonly ok: false;
  readonly findings: readonly Finding[];
}

/** What came of a reload; `activated` is false where the files were in force already. */
export type Reload = (Plan & { readonly activated: boolean }) | BadFiles;

/** What files are compared with. */
export interface InForce {
  /** Undefined where there never was a catalog. */
  readonly catalog: Catalog | undefined;
  /** Undefined where no daemon runs that was started with any. */
  readonly settings: Settings | undefined;
  readonly open: readonly OpenRunsOfFlow[];
}

/** What these files would change. */
export function planOf(
  { configuration, findings }: Loaded,
  { catalog, settings, open }: InForce,
): Plan | BadFiles {
  if (configuration === undefined) return { ok: false, findings };
  const { hash, flows, sources = new Map() } = configuration.catalog;
  return {
    ok: true,
    in_force: catalog?.hash ?? null,
    files: hash,
    ...compareFlows(catalog?.flows ?? new Map(), flows),
    sources: compareSources(catalog?.sources ?? new Map(), sources),
    needs_restart: differingSettings(settings ?? configuration.settings, configuration.settings),
    pinned: open.filter((runs) => runs.catalog !== hash).toSorted(byFlow),
    findings,
  };
}

/** Settings that a reload puts in force. */
type ReloadedSettings = Pick<Settings, 'people' | 'autonomy' | 'gates'>;

const RELOADED: ReadonlySet<string> = new Set<keyof Settings>([
  'own_actors',
  'people',
  'autonomy',
  'gates',
]);

function differingSettings(running: Settings, written: Settings): string[] {
  const before: ReadonlyMap<string, unknown> = new Map(Object.entries(running));
  const after: ReadonlyMap<string, unknown> = new Map(Object.entries(written));
  // One that is optional may stand in either alone.
  const names = [...new Set([...after.keys(), ...before.keys()])];
  return names.filter(
    (name) => !RELOADED.has(name) && !isDeepStrictEqual(before.get(name), after.get(name)),
  );
}

function byFlow(a: OpenRunsOfFlow, b: OpenRunsOfFlow): number {
  const [first, second] = [a, b].map(({ flow, catalog }) => `${flow} ${catalog}`);
  return Number(String(first) > String(second)) - Number(String(first) < String(second));
}

/** What the definitions of one engine stand on. */
export interface DefinitionsOptions {
  /** As the engine was opened with it: its settings are those that the daemon runs with. */
  readonly configuration: Configuration;
  /** Whether these settings are in use. */
  readonly running: boolean;
  readonly catalogs: Catalogs;
  readonly store: Store;
  readonly time: EngineTime;
  readonly logger: Logger;
}

/** The files that flows are written in, beside the catalog in force that was made of them. */
export class Definitions {
  readonly #options: DefinitionsOptions;
  /** The files that were read last and could be put in force. */
  #files: Catalog;
  #settings: ReloadedSettings;
  /** The reload under way: one after the other, since each compares with what is in force. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: DefinitionsOptions) {
    this.#options = options;
    this.#files = options.configuration.catalog;
    this.#settings = options.configuration.settings;
  }

  /** The hash of files that were read and are not in force; undefined where there are none. */
  get pending(): string | undefined {
    const { hash } = this.#files;
    return this.#options.catalogs.current === hash ? undefined : hash;
  }

  /** Who there is, as the files say that were read last. */
  get people(): Settings['people'] {
    return this.#settings.people;
  }

  /** What steps are judged by, as the files say that were read last. */
  get judging(): Pick<Settings, 'autonomy' | 'gates'> {
    return this.#settings;
  }

  /** Puts the files that the engine was opened with in force where none are, or `apply` is set. */
  async start(apply: boolean): Promise<void> {
    const { catalogs, configuration } = this.#options;
    const { catalog } = configuration;
    if (catalogs.current === catalog.hash) catalogs.provide(catalog);
    else if (catalogs.current === undefined || apply) {
      const plan = await this.#compare({ configuration, findings: [] });
      if (plan.ok) await this.#activate(catalog, plan, 'start');
    }
  }

  /** Reads the files again, and says what they would change. */
  async plan(): Promise<Plan | BadFiles> {
    return this.#compare(await this.#options.configuration.reread());
  }

  /**
   * Reads the files again and puts them in force. Where they are bad, what is in force stays, and
   * the log says so too.
   *
   * @throws SignalboxError `data.unusable` where the disk is full: then nothing has changed.
   */
  reload(actor: string): Promise<Reload> {
    const reloaded = this.#turn.then(() => this.#reload(actor));
    this.#turn = reloaded.catch(() => {});
    return reloaded;
  }

  async #reload(actor: string): Promise<Reload> {
    const loaded = await this.#options.configuration.reread();
    const plan = await this.#compare(loaded);
    if (!plan.ok || loaded.configuration === undefined) return this.#refuse(loaded, actor);
    const { catalog } = loaded.configuration;
    const activated = plan.in_force !== plan.files;
    if (activated) await this.#activate(catalog, plan, actor);
    this.#files = catalog;
    this.#settings = loaded.configuration.settings;
    return { ...plan, activated };
  }

  async #activate(catalog: Catalog, plan: Plan, actor: string): Promise<void> {
    const { catalogs, time, logger } = this.#options;
    const { added, removed, unchanged } = plan;
    const changed = plan.changed.map(({ flow }) => flow);
    await catalogs.activate(catalog, time, { actor, added, removed, changed, unchanged });
    const counts = { added: added.length, removed: removed.length, changed: changed.length };
    logger.info('flows put in force', { catalog: catalog.hash, actor, ...counts });
  }

  async #refuse({ findings }: Loaded, actor: string): Promise<BadFiles> {
    const { catalogs, time, logger } = this.#options;
    const errors = findings.filter(({ severity }) => severity === 'error').map(formatFinding);
    const [first = ''] = errors;
    const note = { actor, findings: errors.length, first };
    await catalogs.refuse(note, time);
    logger.error('the files are refused, and what is in force stays', note);
    return { ok: false, findings };
  }

  async #compare(loaded: Loaded): Promise<Plan | BadFiles> {
    const { store, configuration, running } = this.#options;
    const settings = running ? configuration.settings : undefined;
    const open = await store.openRunsByFlow();
    return planOf(loaded, { catalog: await this.#inForce(), settings, open });
  }

  async #inForce(): Promise<Catalog | undefined> {
    const { catalogs } = this.#options;
    const hash = catalogs.current;
    if (hash === undefined) return undefined;
    try {
      return (await catalogs.byHash(hash)).catalog;
    } catch (error) {
      if (!(error instanceof SignalboxError) || error.code !== 'catalog.unreadable') throw error;
      // What this version cannot read is all replaced: that is the way out.
      return { hash, files: [], flows: new Map() };
    }
  }
}
