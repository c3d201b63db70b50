import { posix, relative, resolve } from 'node:path';
import type { Timer } from '../../std/clock.ts';
import { messageOf } from '../../std/errors.ts';
import type { Source, SourceContext, SourceKind } from '../source.ts';
import { Bursts } from './bursts.ts';
import type { IsOurs } from './coverage.ts';
import { type Disk, systemDisk } from './disk.ts';
import {
  FILE_CHANGED,
  type FileChangeConfig,
  fileChangeShape,
  readFileChange,
} from './file-change-shape.ts';
import { type HintedPlaces, Hints } from './hints.ts';
import type { Difference } from './look.ts';
import { FileMemory } from './memory.ts';
import { isSamePlan, planOf } from './plan.ts';
import { Settling } from './settling.ts';
import { moveOf, tellingsOf } from './told.ts';
import { EVERYTHING, WatchedTree } from './watched-tree.ts';

/** What every source of changed files stands on. */
export interface FileChangeOptions {
  /** Absolute paths of folders that none of them looks into, such as the data directory. */
  readonly never: readonly string[];
  /** Files that the daemon writes itself, which none of them tells of; none by default. */
  readonly isOurs?: IsOurs;
  readonly disk?: Disk;
}

/** How often everything is looked at, whatever the hints say. */
export const RESCAN_MS = 60_000;
/** How often that is where some folders cannot be watched. */
export const POLL_MS = 2_000;
/** How often a folder that is not there is looked for, and what failed is tried again. */
export const RETRY_MS = 1_000;
/** Looking at everything takes at most one part of so many of the time, and of so many polling. */
const RESCAN_SHARE = 100;
const POLL_SHARE = 20;

/** Tells of files that were created, modified, deleted or renamed. */
export function fileChangeKind(options: FileChangeOptions): SourceKind {
  const { never, isOurs = () => false, disk = systemDisk } = options;
  const bursts = new Bursts();
  return {
    shape: fileChangeShape,
    open: (context) => new FileChangeSource(context, { never, isOurs, disk, bursts }),
  };
}

/**
 * Hints say where to look and when; what a look finds, compared with what is remembered, is what
 * happened. So a lost hint is late, and never lost for good.
 */
class FileChangeSource implements Source {
  readonly #context: SourceContext;
  readonly #config: FileChangeConfig;
  readonly #tree: WatchedTree;
  readonly #memory: FileMemory;
  readonly #hints = new Hints();
  readonly #settling: Settling;
  readonly #endSuspicion: () => void;
  #rescan: Timer | undefined;
  #looking: Promise<void> | undefined;
  /** Whether hints settled while it looked. */
  #isDue = false;
  /** Whether hints may have been lost, and what hears them may be deaf. */
  #isSuspect = false;
  #isStopped = false;

  constructor(
    context: SourceContext,
    { never, isOurs, disk, bursts }: Required<FileChangeOptions> & { readonly bursts: Bursts },
  ) {
    const { clock, directory, config } = context;
    this.#context = context;
    this.#config = readFileChange(config);
    this.#memory = new FileMemory(context);
    this.#settling = new Settling({
      clock,
      quietMs: this.#config.debounce_ms,
      maxMs: this.#config.max_wait_ms,
      onSettled: () => this.#lookSoon(),
    });
    this.#tree = new WatchedTree({
      disk,
      bursts,
      path: resolve(directory, this.#config.path),
      globs: this.#config,
      never,
      isOurs,
      index: this.#memory.index,
      now: () => clock.now(),
      onHint: (folder, name) => this.#hint(folder, name),
    });
    this.#endSuspicion = bursts.onSuspicion(() => {
      this.#isSuspect = true;
      this.#hint('');
    });
  }

  async start(): Promise<void> {
    await this.#memory.load();
    const isFirst = this.#memory.plan === undefined;
    const recovered = await this.#alone(() => this.#look(EVERYTHING));
    if (!isFirst) this.#context.report({ recovered, skipped: 0, what: 'file changes' });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endSuspicion();
    this.#settling.cancel();
    this.#rescan?.cancel();
    this.#tree.close();
    await this.#looking;
  }

  #hint(folder: string, name?: string): void {
    if (this.#isStopped) return;
    this.#hints.add(folder, name);
    this.#settling.touch();
  }

  #lookSoon(): void {
    this.#isDue = true;
    if (this.#looking === undefined) void this.#alone(() => this.#lookWhileDue());
  }

  /** One looks at a time; what was hinted at meanwhile is looked at afterwards. */
  async #alone<T>(look: () => Promise<T>): Promise<T> {
    const looking = look();
    this.#looking = looking.then(
      () => {},
      () => {},
    );
    try {
      return await looking;
    } finally {
      this.#looking = undefined;
      if (this.#isDue && !this.#isStopped) this.#lookSoon();
    }
  }

  async #lookWhileDue(): Promise<void> {
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false;
      try {
        await this.#look(this.#hints.take());
      } catch (error) {
        if (this.#isStopped) return;
        this.#context.degraded(`it cannot look at its files: ${messageOf(error)}`);
        this.#lookAtAllIn(RETRY_MS);
      }
    }
  }

  /** Finds what differs in these places, records it, and says how much that was. */
  async #look(places: HintedPlaces): Promise<number> {
    const { clock } = this.#context;
    const begun = clock.monotonic();
    const isKnown = this.#memory.plan !== undefined && isSamePlan(this.#memory.plan, this.#config);
    const all = !isKnown || places.whole.includes('');
    const found = await this.#find(all ? EVERYTHING : places);
    if (this.#isStopped) return 0;
    if (found === undefined) {
      if (this.#isNewTree && (await this.#tree.isMissing())) await this.#learnNothing();
      this.#context.degraded(await this.#absence());
      this.#lookAtAllIn(RETRY_MS);
      return 0;
    }
    const told = await this.#record(found);
    if (!isKnown) await this.#memory.setPlan(planOf(this.#config));
    this.#sayHealth();
    if (all) this.#lookAtAllIn(this.#periodAfter(clock.monotonic() - begun));
    return told;
  }

  async #absence(): Promise<string> {
    const { path } = this.#config;
    return (await this.#tree.isNoFolder())
      ? `${path} is there, but it is no folder; watch its folder with a pattern`
      : `there is no folder ${path}; it is waited for`;
  }

  get #isNewTree(): boolean {
    return this.#memory.plan?.path !== this.#config.path;
  }

  /** Of a folder that is not there all is known: whatever is in it once it comes has come. */
  async #learnNothing(): Promise<void> {
    const known = [...this.#memory.index.entries()];
    await this.#memory.learn(known.map(([path]) => ({ path, state: undefined })));
    await this.#memory.setPlan(planOf(this.#config));
  }

  /** Undefined where the folder is not there. A tree that is new is learnt as it is found. */
  async #find(places: HintedPlaces): Promise<readonly Difference[] | undefined> {
    const learning = this.#isNewTree;
    const anew = this.#isSuspect;
    this.#isSuspect = false;
    const found = new Map<string, Difference>();
    const looked = this.#tree.look(places, { learning, anew });
    for (;;) {
      const { done, value } = await looked.next();
      if (this.#isStopped) return [];
      if (done === true) return value ? [...found.values()] : undefined;
      if (learning) await this.#memory.learn(value.map(moveOf));
      else for (const difference of value) found.set(difference.path, difference);
    }
  }

  async #record(found: readonly Difference[]): Promise<number> {
    const { quiet, tellings } = tellingsOf(this.#withoutWidening(found), {
      kinds: this.#config.events,
      shown: shownIn(this.#context.directory, this.#config.path),
    });
    await this.#memory.learn(quiet);
    await this.#memory.settled();
    for (const { data, moves } of tellings) {
      await this.#memory.tell({ type: FILE_CHANGED, data }, moves);
    }
    return tellings.reduce((sum, { changes }) => sum + changes, 0);
  }

  /** Where other globs watch more than those before, what they add did not come to be. */
  #withoutWidening(found: readonly Difference[]): readonly Difference[] {
    const { plan } = this.#memory;
    if (plan === undefined || isSamePlan(plan, this.#config)) return found;
    const wasCovered = this.#tree.coveredBy(plan);
    return found.map((difference) => {
      const isNew = difference.verdict === 'create' && !wasCovered(difference.path);
      return isNew ? { ...difference, verdict: 'same' } : difference;
    });
  }

  #sayHealth(): void {
    const { folders, limit } = this.#tree.unwatched;
    const polling =
      `${folders} folders cannot be watched (${limit}), so that everything is looked at ` +
      `every few seconds; raise the system's limit (fs.inotify.max_user_watches) or watch less`;
    const troubles = [...this.#tree.troubles(), ...(folders > 0 ? [polling] : [])];
    if (troubles.length === 0) this.#context.recovered();
    else this.#context.degraded(troubles.join('; '));
  }

  #periodAfter(lookMs: number): number {
    const isPolling = this.#tree.unwatched.folders > 0;
    if (isPolling) return Math.max(POLL_MS, lookMs * POLL_SHARE);
    return Math.max(RESCAN_MS, lookMs * RESCAN_SHARE);
  }

  #lookAtAllIn(delayMs: number): void {
    this.#rescan?.cancel();
    if (this.#isStopped) return;
    this.#rescan = this.#context.clock.schedule(delayMs, () => {
      this.#hints.add('');
      this.#lookSoon();
    });
  }
}

/** Paths as the configuration's folder sees them. */
function shownIn(directory: string, path: string): (path: string) => string {
  const root = relative(directory, resolve(directory, path)).replaceAll('\\', '/');
  return (file) => posix.join(root, file);
}
