import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative, sep } from 'node:path';

/** What a command is not to see. The paths are absolute, exist, and lead over no links. */
export interface Hiding {
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /**
   * The folders above that the command's user could rename, from the outermost one on. They stay
   * where they are: else a command moves what is hidden away, and the next one sees it there.
   */
  readonly above: readonly string[];
  /** What it may see and not change. */
  readonly readOnly: readonly string[];
  /** Who runs the commands. Root is kept from devices and kernel settings too. */
  readonly user: number;
  readonly group: number;
}

/** What root may change without a right: by some of it, the kernel runs what it is told. */
const ROOT_SETTINGS = ['/proc/sys', '/proc/sysrq-trigger', '/sys'];
/** The bits by which a group and everybody write. */
const OTHERS_WRITE = 0o022;
/** Where root's services are told to start something. */
const ROOT_DOORS = ['/run/systemd/private', '/run/dbus/system_bus_socket'];

/**
 * Hides `dataDirectory`, and the sockets through which a command could have something started for
 * it out of our sight.
 */
export function hidingOf(
  dataDirectory: string,
  { user, group }: Pick<Hiding, 'user' | 'group'>,
  exists: (path: string) => boolean = existsSync,
): Hiding {
  const own = [`/run/user/${user}/bus`, `/run/user/${user}/systemd/private`];
  const files = (user === 0 ? ROOT_DOORS : own).filter(exists);
  const readOnly = user === 0 ? ROOT_SETTINGS.filter(exists) : [];
  const folder = realpathSync(dataDirectory);
  const above = foldersAbove(folder).filter((each) => mayRename(each, user));
  return { folders: [folder], files, above, readOnly, user, group };
}

/** From the outermost one on, without the root. */
function foldersAbove(path: string): string[] {
  const parent = dirname(path);
  return parent === dirname(parent) ? [] : [...foldersAbove(parent), parent];
}

/** Whether its parent is the user's, or others than its owner may write to it. */
function mayRename(folder: string, user: number): boolean {
  const { uid, mode } = statSync(dirname(folder));
  return uid === user || (mode & OTHERS_WRITE) !== 0;
}

/** Whether `path` is `folder` or lies in it. Both are followed over links, and exist. */
export function liesIn(path: string, folder: string): boolean {
  const way = relative(realpathSync(folder), realpathSync(path));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
