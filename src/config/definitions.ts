import { type Configuration, type Loaded, settingsOf } from '../config.ts';
import type { Catalog } from '../flows/catalog.ts';
import { compareFlows, type FlowsDifference } from '../flows/difference.ts';
import { compareSources, type SourcesDifference } from '../flows/source.ts';
import type { CatalogNote, Catalogs } from '../routing/catalogs.ts';
import { type Finding, formatFinding } from '../std/diagnostics.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import type { OpenRunsOfFlow, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { Settings } from './settings.ts';
import { compareSettings, type ReloadedSettings } from './settings-change.ts';
import { weakened, weakenedSources } from './weakened.ts';

/** What the files would change of what is in force. */
export interface Plan extends FlowsDifference {
  readonly ok: true;
  /** The hash of the catalog in force; null where there never was one. */
  readonly in_force: string | null;
  /** The hash of the files. */
  readonly files: string;
  readonly sources: SourcesDifference;
  /** Settings that differ from those in force, such as `gates.threshold`. */
  readonly settings: readonly string[];
  /** Those of them that hold from the next start of the daemon on; the others with the files. */
  readonly needs_restart: readonly string[];
  /** How what is written protects less than what is in force, a sentence each. */
  readonly weaker: readonly string[];
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

/** Who has the files put in force, and the request of HTTP by which, where it is one. */
export interface ReloadOptions {
  readonly actor: string;
  readonly request?: string | undefined;
}

/** What files are compared with. */
export interface InForce {
  /** Undefined where there never was a catalog. */
  readonly catalog: Catalog | undefined;
  /** Undefined where there never were any, or where they cannot be read any more. */
  readonly settings: Settings | undefined;
  /** Whether a daemon runs with them. */
  readonly running: boolean;
  readonly open: readonly OpenRunsOfFlow[];
}

/** Where nothing tells what was in force, nobody is told that all is as it was. */
const UNREADABLE = 'the settings in force cannot be read any more: what these weaken is not known';

/** What these files would change. */
export function planOf(
  { configuration, findings }: Loaded,
  { catalog, settings: inForce, running, open }: InForce,
): Plan | BadFiles {
  if (configuration === undefined) return { ok: false, findings };
  const { hash, flows, sources = new Map() } = configuration.catalog;
  const known = catalog?.sources ?? new Map();
  const before = inForce ?? configuration.settings;
  const { reloaded, restarted } = compareSettings(before, configuration.settings);
  return {
    ok: true,
    in_force: catalog?.hash ?? null,
    files: hash,
    ...compareFlows(catalog?.flows ?? new Map(), flows),
    sources: compareSources(known, sources),
    settings: [...reloaded, ...restarted],
    needs_restart: running ? restarted : [],
    weaker: [
      ...(catalog !== undefined && inForce === undefined
        ? [UNREADABLE]
        : weakened(before, configuration.settings)),
      ...(catalog === undefined
        ? []
        : weakenedSources({ ...before, sources: known }, { ...configuration.settings, sources })),
    ],
    pinned: open.filter((runs) => runs.catalog !== hash).toSorted(byFlow),
    findings,
  };
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
  /** What was in force before this start; undefined where that is the same, or unreadable. */
  readonly before?: Settings | undefined;
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
    const { catalogs, configuration, before } = this.#options;
    const { catalog } = configuration;
    if (catalogs.current === catalog.hash) catalogs.provide(catalog);
    else if (catalogs.current === undefined || apply) {
      const plan = await this.#compare({ configuration, findings: [] }, before);
      if (plan.ok) await this.#activate(catalog, plan, { actor: 'start' });
    }
  }

  /** Reads the files again, and says what they would change. */
  async plan(): Promise<Plan | BadFiles> {
    const loaded = await this.#options.configuration.reread();
    return this.#compare(loaded, await this.#before(loaded));
  }

  /**
   * Reads the files again and puts them in force. Where they are bad, what is in force stays, and
   * the log says so too.
   *
   * @throws SignalboxError `data.unusable` where the disk is full: then nothing has changed.
   */
  reload(by: ReloadOptions): Promise<Reload> {
    const reloaded = this.#turn.then(() => this.#reload(by));
    this.#turn = reloaded.catch(() => {});
    return reloaded;
  }

  async #reload(by: ReloadOptions): Promise<Reload> {
    const loaded = await this.#options.configuration.reread();
    const plan = await this.#compare(loaded, await this.#before(loaded));
    if (!plan.ok || loaded.configuration === undefined) return this.#refuse(loaded, by);
    const { catalog } = loaded.configuration;
    const activated = plan.in_force !== plan.files;
    if (activated) await this.#activate(catalog, plan, by);
    this.#files = catalog;
    this.#settings = loaded.configuration.settings;
    return { ...plan, activated };
  }

  async #activate(catalog: Catalog, plan: Plan, by: ReloadOptions): Promise<void> {
    const who = noteOf(by);
    const { actor } = who;
    const { catalogs, time, logger } = this.#options;
    const { added, removed, unchanged, settings, weaker } = plan;
    const changed = plan.changed.map(({ flow }) => flow);
    const note = { ...who, added, removed, changed, unchanged, settings, weaker };
    await catalogs.activate(catalog, time, note);
    const counts = { added: added.length, removed: removed.length, changed: changed.length };
    logger.info('flows put in force', { catalog: catalog.hash, ...who, ...counts });
    for (const what of weaker) logger.warn('settings put in force protect less', { actor, what });
  }

  async #refuse({ findings }: Loaded, by: ReloadOptions): Promise<BadFiles> {
    const { catalogs, time, logger } = this.#options;
    const errors = findings.filter(({ severity }) => severity === 'error').map(formatFinding);
    const [first = ''] = errors;
    const note = { ...noteOf(by), findings: errors.length, first };
    await catalogs.refuse(note, time);
    logger.error('the files are refused, and what is in force stays', note);
    return { ok: false, findings };
  }

  async #compare(loaded: Loaded, settings: Settings | undefined): Promise<Plan | BadFiles> {
    const { store, running } = this.#options;
    const open = await store.openRunsByFlow();
    return planOf(loaded, { catalog: await this.#inForce(), settings, running, open });
  }

  async #before(loaded: Loaded): Promise<Settings | undefined> {
    return this.#options.running ? this.#inUse() : this.#recorded(loaded);
  }

  #inUse(): Settings {
    const { own_actors, people, autonomy, gates } = this.#settings;
    return { ...this.#options.configuration.settings, own_actors, people, autonomy, gates };
  }

  /** What the next start would find in force; undefined where that cannot be told. */
  async #recorded({ configuration }: Loaded): Promise<Settings | undefined> {
    const { catalogs } = this.#options;
    if (catalogs.current === undefined || configuration === undefined) return undefined;
    return settingsOf(await catalogs.recorded(catalogs.current), configuration);
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

/** Who it was, as the record says it. */
function noteOf({ actor, request }: ReloadOptions): CatalogNote {
  return request === undefined ? { actor } : { actor, request };
}
