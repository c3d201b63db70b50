import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Random, seededRandom } from '../../src/std/random.ts';
import type { EventView } from '../../src/views/event-view.ts';
import { makeFolder, type RunningDaemon, startDaemon } from '../cli/signalbox.ts';
import { until } from '../server/until.ts';
import { ApiClient } from './api-client.ts';

export interface FileStoryOptions {
  readonly seed: number;
  /** How many creates, writes, replaces, deletes and renames are made in all. */
  readonly operations: number;
  /** How often the daemon is killed, and started again after more of them. */
  readonly kills: number;
}

/** What came of a story: nothing of it, where all is well. */
export interface FileStoryReport {
  /** How many changes were told. */
  readonly told: number;
  /** What was told that cannot have been: a file created twice, one deleted that never was. */
  readonly impossible: readonly string[];
  /** Files that exist and were never told of, or the other way round. */
  readonly wrong: readonly string[];
  /** Files that changed after they were last told of. */
  readonly stale: readonly string[];
}

interface Change {
  readonly path: string;
  readonly kind: 'create' | 'modify' | 'delete';
}

const CONFIG = JSON.stringify({
  sources: [{ type: 'file_change', path: 'tree', debounce_ms: 30 }],
  flows: { never: { on: 'never', steps: [{ emit: 'never' }] } },
});
/** Files are stamped by a clock that moves in steps, up to so long behind. */
const CLOCK_STEP_MS = 20;

/**
 * Changes files in every way while a daemon watches them, is killed, is away, and starts again; in
 * the end all that it told is held against what there is.
 */
export async function tellFileStory(options: FileStoryOptions): Promise<FileStoryReport> {
  const folder = makeFolder({ 'signalbox.yaml': CONFIG });
  const tree = new ChangingTree(join(folder, 'tree'), seededRandom(options.seed));
  let daemon = await startDaemon(folder);
  const share = Math.ceil(options.operations / (2 * options.kills));
  for (let kill = 0; kill < options.kills; kill++) {
    tree.change(share);
    if (kill % 3 === 0) await toldOf(daemon, tree.mark());
    await daemon.end('SIGKILL');
    tree.change(share);
    daemon = await startDaemon(folder);
  }
  const client = new ApiClient(daemon.ready);
  const giveUpAt = performance.now() + TOLD_MS_MAX;
  const report = await until(async () => {
    const found = tree.compare(await client.events('file.changed'));
    return isWell(found) || performance.now() > giveUpAt ? found : undefined;
  });
  await daemon.end();
  return report;
}

function isWell({ impossible, wrong, stale }: FileStoryReport): boolean {
  return impossible.length + wrong.length + stale.length === 0;
}

/** How long a daemon may take to tell the last of it, far beyond what a busy machine needs. */
const TOLD_MS_MAX = 60_000;

/** Resolves when a daemon has told of a file. */
async function toldOf({ ready }: RunningDaemon, path: string): Promise<void> {
  const client = new ApiClient(ready);
  await until(async () => {
    const events = await client.events('file.changed');
    return events.some(({ data }) => (data as { files: string[] }).files.includes(path))
      ? true
      : undefined;
  });
}

/** A folder whose files are changed at random, in ways that can be repeated. */
class ChangingTree {
  readonly #root: string;
  readonly #random: Random;
  #files: string[] = [];
  #count = 0;

  constructor(root: string, random: Random) {
    this.#root = root;
    this.#random = random;
    mkdirSync(root);
  }

  change(times: number): void {
    for (let n = 0; n < times; n++) this.#changeOne();
  }

  /** Makes a file that can be waited for. */
  mark(): string {
    const name = `mark-${(this.#count += 1)}`;
    writeFileSync(join(this.#root, name), name);
    return `tree/${name}`;
  }

  /** Holds the changes that were told, oldest first, against what there is. */
  compare(events: readonly EventView[]): FileStoryReport {
    const impossible: string[] = [];
    const lastTold = new Map<string, number>();
    let told = 0;
    for (const { data, received } of events) {
      const { changes } = data as unknown as { readonly changes: readonly Change[] };
      told += changes.length;
      for (const { path, kind } of changes) {
        if (lastTold.has(path) === (kind === 'create')) impossible.push(`${kind} ${path}`);
        if (kind === 'delete') lastTold.delete(path);
        else lastTold.set(path, Date.parse(received));
      }
    }
    const folder = dirname(this.#root);
    const there = filesBelow(this.#root).map((path) => join('tree', path));
    const untold = there.filter((path) => !lastTold.has(path));
    const gone = [...lastTold.keys()].filter((path) => !existsSync(join(folder, path)));
    const stale = there.filter((path) => {
      const changed = lstatSync(join(folder, path)).mtimeMs;
      return (lastTold.get(path) ?? Number.POSITIVE_INFINITY) < changed - CLOCK_STEP_MS;
    });
    return { told, impossible, wrong: [...untold, ...gone], stale };
  }

  #changeOne(): void {
    const way = this.#random();
    const file = this.#files[Math.floor(this.#random() * this.#files.length)];
    if (file === undefined || way < 0.35) this.#create();
    else if (way < 0.55) this.#write(file);
    else if (way < 0.7) this.#replace(file);
    else if (way < 0.85) this.#rename(file);
    else if (way < 0.98) this.#remove(file);
    else this.#removeFolder(dirname(file));
  }

  #create(): void {
    const folders = Array.from({ length: 3 }, () => `d${Math.floor(this.#random() * 5)}`);
    const depth = Math.floor(this.#random() * 4);
    const path = join(...folders.slice(0, depth), `f${(this.#count += 1)}`);
    this.#write(path);
    this.#files.push(path);
  }

  #write(path: string): void {
    mkdirSync(dirname(join(this.#root, path)), { recursive: true });
    // Most are of one size, so that the size tells nothing.
    writeFileSync(join(this.#root, path), String((this.#count += 1)).padStart(8));
  }

  #replace(path: string): void {
    const beside = join(this.#root, `${path}.tmp`);
    writeFileSync(beside, String((this.#count += 1)).padStart(8));
    renameSync(beside, join(this.#root, path));
  }

  #rename(path: string): void {
    const to = join(dirname(path), `r${(this.#count += 1)}`);
    renameSync(join(this.#root, path), join(this.#root, to));
    this.#files = this.#files.map((file) => (file === path ? to : file));
  }

  #remove(path: string): void {
    rmSync(join(this.#root, path));
    this.#files = this.#files.filter((file) => file !== path);
  }

  #removeFolder(folder: string): void {
    if (folder === '.') return;
    rmSync(join(this.#root, folder), { recursive: true });
    this.#files = this.#files.filter((file) => relative(folder, file).startsWith('..'));
  }
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)));
}
