import { accessSync, constants, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Configuration } from '../../config.ts';
import { findProgram } from '../../std/find-program.ts';
import { spaceOf } from '../../std/free-space.ts';
import type { CliContext } from '../context.ts';
import type { DataFacts, PathFacts } from './data.ts';
import type { MachineFacts } from './machine.ts';

/** Files of a data directory that are for their owner alone. */
const SECRETS = [
  'token',
  'secrets.key',
  'daemon.json',
  'daemon.log',
  'signalbox.db',
  'signalbox.db-wal',
  'lock.db',
];
/** Where container engines are told to start something. */
const ENGINES = [
  '/var/run/docker.sock',
  '/run/podman/podman.sock',
  '/run/containerd/containerd.sock',
];
const NODE_MIN = [20, 19] as const;
/** Sources that watch files. */
const WATCHERS = new Set(['file_change', 'event_log', 'alerts_file']);
/** A step that asks git, as it is written. */
const ASKS_GIT = /\btool(:\s*["']?(tool-)?|-)git/;

/** What the machine is like for this configuration. */
export function machineFacts(
  { clock, env }: CliContext,
  configuration: Configuration | undefined,
  dataDirectory: string,
): MachineFacts {
  const { files = [], sources } = configuration?.catalog ?? {};
  return {
    node: process.versions.node,
    nodeMin: NODE_MIN,
    git: findProgram('git', '/', env['PATH']).kind === 'found',
    usesGit: files.some(({ text }) => ASKS_GIT.test(text)),
    watchesFiles: [...(sources?.values() ?? [])].some(({ type }) => WATCHERS.has(type)),
    inotifyWatches: numberIn('/proc/sys/fs/inotify/max_user_watches', /^(\d+)/),
    openFiles: numberIn('/proc/self/limits', /^Max open files +(\d+)/m),
    now: clock.now(),
    lastWritten: lastWrittenIn(dataDirectory),
  };
}

/** What the data directory and the files beside it are like. */
export async function dataFacts(
  directory: string,
  configuration: Configuration | undefined,
): Promise<DataFacts> {
  const self = pathFacts(directory);
  const place = self === undefined ? nearest(directory) : directory;
  const { files = [] } = configuration?.catalog ?? {};
  const home = configuration?.directory ?? dirname(directory);
  const written = new Set(files.flatMap(({ path }) => [path, dirname(path)]));
  return {
    directory,
    self,
    secrets: known(SECRETS.map((name) => join(directory, name))),
    above: known(foldersAbove(directory)),
    written: known([...written].map((path) => resolve(home, path))),
    user: process.getuid?.(),
    space: await spaceOf(place)().catch(() => undefined),
    fileSystem: fileSystemOf(place),
  };
}

/** Sockets by which a user may have any container started. */
export function containerEngines(): string[] {
  return ENGINES.filter((path) => {
    try {
      accessSync(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The path itself where it exists, else the nearest folder above that does. */
export function nearest(path: string): string {
  return [path, ...foldersAbove(path)].find((each) => pathFacts(each) !== undefined) ?? '/';
}

function foldersAbove(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...foldersAbove(parent)];
}

function known(paths: readonly string[]): PathFacts[] {
  return paths.flatMap((path) => pathFacts(path) ?? []);
}

function pathFacts(path: string): PathFacts | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && { path, mode: stats.mode & 0o7777, owner: stats.uid };
}

function lastWrittenIn(directory: string): number | undefined {
  try {
    const times = readdirSync(directory).map((name) => statSync(join(directory, name)).mtimeMs);
    return times.length === 0 ? undefined : Math.max(...times);
  } catch {
    return undefined;
  }
}

function fileSystemOf(path: string): number | undefined {
  try {
    return statfsSync(path).type;
  } catch {
    return undefined;
  }
}

function numberIn(file: string, pattern: RegExp): number | undefined {
  try {
    const found = pattern.exec(readFileSync(file, 'utf8'))?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}
