import type { DiskSpace } from '../../std/free-space.ts';
import { type Diagnosis, obstacle, ok, weaker } from './diagnosis.ts';

/** A file or folder, as far as its rights go. */
export interface PathFacts {
  readonly path: string;
  /** The bits that `chmod` sets. */
  readonly mode: number;
  readonly owner: number;
}

/** What a data directory is like. */
export interface DataFacts {
  readonly directory: string;
  /** Undefined where it is not there yet. */
  readonly self: PathFacts | undefined;
  /** What of it is for its owner alone: the token, the record of the daemon, the database. */
  readonly secrets: readonly PathFacts[];
  /** The folders above, from the nearest one on. */
  readonly above: readonly PathFacts[];
  /** What the user wrote: the configuration and the files of flows. */
  readonly written: readonly PathFacts[];
  readonly user: number | undefined;
  readonly space: DiskSpace | undefined;
  /** The kind of its file system, as a number of the kernel's. */
  readonly fileSystem: number | undefined;
}

const [OTHERS, OTHERS_WRITE, STICKY] = [0o077, 0o022, 0o1000];
/** Below these, no event from outside is taken in. */
const FREE = { bytes: 64 * 1_048_576, part: 0.05 };
/** On these a lock may not hold between machines, and a sync may mean little. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9P'],
  [0x65735546, 'FUSE'],
  [0x00c36400, 'Ceph'],
]);
/** What lies on these is gone with the machine's next start. */
const MEMORY = new Set([0x01021994, 0x858458f6]);

/** What of the data directory, its disk and the files beside it stands in the way. */
export function diagnoseData(facts: DataFacts): Diagnosis[] {
  return [...rightsOf(facts), ...writtenBy(facts), ...fileSystemOf(facts), ...spaceOf(facts)];
}

function rightsOf({ directory, self, secrets, above, user }: DataFacts): Diagnosis[] {
  const found: Diagnosis[] = [];
  const all = self === undefined ? secrets : [self, ...secrets];
  for (const { path } of all.filter(({ owner }) => user !== undefined && owner !== user)) {
    const remedy = 'Run every command as the user who owns it, or change its owner.';
    found.push(obstacle('data', `${path} belongs to another user.`, remedy));
  }
  // Nobody comes to a file in a folder that is closed to them.
  const isOpen = self === undefined || (self.mode & OTHERS) !== 0;
  for (const { path, mode } of isOpen ? all.filter((each) => (each.mode & OTHERS) !== 0) : []) {
    const remedy = `chmod go= ${path}`;
    found.push(obstacle('data', `${path} is open to other users (${shown(mode)}).`, remedy));
  }
  const open = above.find(({ mode }) => (mode & 0o002) !== 0 && (mode & STICKY) === 0);
  if (open !== undefined) {
    const message = `Any user may put another folder in its place: ${open.path} is open to all.`;
    found.push(obstacle('data', message, `chmod o-w ${open.path}`));
  }
  if (found.length > 0) return found;
  if (self === undefined) return [ok('data', `${directory} is not there yet; "up" makes it.`)];
  return [ok('data', `${directory} is for its owner alone.`)];
}

function writtenBy({ written, user }: DataFacts): Diagnosis[] {
  const foreign = written.filter(
    ({ mode, owner }) =>
      (mode & OTHERS_WRITE) !== 0 || (user !== undefined && owner !== user && owner !== 0),
  );
  if (foreign.length === 0) return [];
  return foreign.map(({ path, mode }) =>
    obstacle(
      'flows',
      `Other users may change what is run: ${path} (${shown(mode)}).`,
      `chmod go-w ${path}, and own it yourself.`,
    ),
  );
}

function fileSystemOf({ fileSystem }: DataFacts): Diagnosis[] {
  if (fileSystem === undefined) return [];
  const synced = 'Every commit is synced (synchronous=FULL, set and checked at each start).';
  const network = NETWORK.get(fileSystem);
  if (network !== undefined) {
    const message = `The data lies on ${network}, where locks and syncs may not hold.`;
    return [obstacle('file system', message, 'Choose a local disk with --data.')];
  }
  if (!MEMORY.has(fileSystem)) return [ok('file system', synced)];
  const message = 'The data lies in memory: it is gone with the next start of the machine.';
  return [weaker('file system', message, 'Choose a disk with --data.')];
}

function spaceOf({ space }: DataFacts): Diagnosis[] {
  if (space === undefined) return [];
  const { free, all } = space;
  const shownFree = `${Math.floor(free / 1_048_576)} MiB are free.`;
  if (free >= FREE.bytes && free >= all * FREE.part) return [ok('disk', shownFree)];
  const isFull = free < FREE.bytes && free < all * FREE.part;
  if (!isFull) return [weaker('disk', `${shownFree} That is little.`, 'Make room soon.')];
  const message = `${shownFree} Events from outside are refused.`;
  return [obstacle('disk', message, 'Make room, or choose another disk with --data.')];
}

function shown(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
