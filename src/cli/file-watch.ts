import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from '../config.ts';
import { PART_FOLDERS } from '../config/files.ts';
import { PROFILE_FOLDERS } from '../flows/parse/chain.ts';
import type { Clock, Timer } from '../std/clock.ts';

/** How often the files are looked at, in milliseconds: some file systems tell of no change. */
const LOOK_MS = 300;
/** How many names of one folder are looked at. */
const NAMES_MAX = 2_000;

/** What the watching of files needs. */
export interface FileWatchOptions {
  readonly clock: Clock;
  /** Gives the same text as long as nothing has changed. */
  readonly look: () => string;
  /** Is called once the files have stood still after a change; must not throw. */
  readonly changed: () => Promise<void>;
}

/**
 * Looks at files until it is stopped. A change counts once two looks have found the same, so that
 * no file is read while it is being written.
 */
export function watchFiles({ clock, look, changed }: FileWatchOptions): () => Promise<void> {
  let known = look();
  let before = known;
  let timer: Timer | undefined = clock.schedule(LOOK_MS, tick);
  let working: Promise<void> = Promise.resolve();

  function tick(): void {
    working = onLook().finally(() => {
      if (timer !== undefined) timer = clock.schedule(LOOK_MS, tick);
    });
  }

  async function onLook(): Promise<void> {
    const now = look();
    const isSettled = now === before;
    before = now;
    if (!isSettled || now === known) return;
    known = now;
    await changed();
  }

  return async () => {
    timer?.cancel();
    timer = undefined;
    await working;
  };
}

/** What the files of a configuration look like from outside: names, sizes, times. */
export function lookAtConfiguration({
  file: main,
  directory,
}: Pick<Configuration, 'file' | 'directory'>): string {
  const folders = [...PART_FOLDERS, ...PROFILE_FOLDERS];
  const inFolders = folders.flatMap((folder) =>
    namesIn(join(directory, folder)).map((name) => join(directory, folder, name)),
  );
  return [main, ...inFolders].map((file) => `${file} ${stateOf(file)}`).join('\n');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted().slice(0, NAMES_MAX);
  } catch {
    return [];
  }
}

function stateOf(file: string): string {
  try {
    const { size, mtimeMs, ctimeMs, ino } = statSync(file);
    return `${size} ${mtimeMs} ${ctimeMs} ${ino}`;
  } catch {
    return 'absent';
  }
}
