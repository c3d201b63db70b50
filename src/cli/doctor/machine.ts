import { type Diagnosis, obstacle, ok, weaker } from './diagnosis.ts';

/** What a machine is like; what cannot be told is undefined. */
export interface MachineFacts {
  readonly node: string;
  /** The lowest version that works, as `[20, 19]`. */
  readonly nodeMin: readonly [major: number, minor: number];
  readonly git: boolean;
  /** Whether a flow asks git, or a source watches files. */
  readonly usesGit: boolean;
  readonly watchesFiles: boolean;
  readonly inotifyWatches: number | undefined;
  readonly openFiles: number | undefined;
  readonly now: number;
  /** The latest time at which a file of the data directory was written. */
  readonly lastWritten: number | undefined;
}

/** Below these, work goes on, and slower or not at all where much comes at once. */
const WATCHES_MIN = 65_536;
const OPEN_FILES_MIN = 1_024;
/** Before that time no such program was there. */
const CLOCK_MIN = Date.UTC(2026, 0);
/** How far in the future a file may lie: file systems of other machines have other clocks. */
const AHEAD_MS_MAX = 60_000;

/** What of the machine stands in the way. */
export function diagnoseMachine(facts: MachineFacts): Diagnosis[] {
  return [nodeOf(facts), clockOf(facts), gitOf(facts), ...watchesOf(facts), ...filesOf(facts)];
}

function nodeOf({ node, nodeMin: [major, minor] }: MachineFacts): Diagnosis {
  const [ownMajor = 0, ownMinor = 0] = node.split('.').map(Number);
  const isNew = ownMajor > major || (ownMajor === major && ownMinor >= minor);
  if (isNew) return ok('node', `Node ${node}.`);
  const message = `Node ${node} is older than ${major}.${minor}.`;
  return obstacle('node', message, `Install Node ${major}.${minor} or newer.`);
}

function clockOf({ now, lastWritten = 0 }: MachineFacts): Diagnosis {
  const shown = new Date(now).toISOString();
  const remedy = 'Set the clock, and let NTP keep it.';
  if (now < CLOCK_MIN) return obstacle('clock', `The clock says ${shown}.`, remedy);
  if (now >= lastWritten - AHEAD_MS_MAX) return ok('clock', `The clock says ${shown}.`);
  const last = new Date(lastWritten).toISOString();
  return obstacle('clock', `It says ${shown}, and the data was written at ${last}.`, remedy);
}

function gitOf({ git, usesGit }: MachineFacts): Diagnosis {
  if (git) return ok('git', 'It is installed.');
  if (!usesGit) return ok('git', 'It is not installed, and no flow asks it.');
  return obstacle('git', 'A flow asks git, and it is not installed.', 'Install git.');
}

function watchesOf({ watchesFiles, inotifyWatches }: MachineFacts): Diagnosis[] {
  if (inotifyWatches === undefined || !watchesFiles) return [];
  const message = `At most ${inotifyWatches} files and folders can be watched at once.`;
  if (inotifyWatches >= WATCHES_MIN) return [ok('inotify', message)];
  const remedy = `Raise it: sysctl fs.inotify.max_user_watches=${8 * WATCHES_MIN}`;
  return [obstacle('inotify', `${message} Beyond that, changes are found by polling.`, remedy)];
}

function filesOf({ openFiles }: MachineFacts): Diagnosis[] {
  if (openFiles === undefined || openFiles >= OPEN_FILES_MIN) return [];
  const message = `At most ${openFiles} files may be open at once.`;
  return [weaker('open files', message, `Raise it: ulimit -n ${8 * OPEN_FILES_MIN}`)];
}
