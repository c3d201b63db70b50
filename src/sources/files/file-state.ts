/** What is remembered of one file, or of one symbolic link: enough to tell whether it changed. */
export interface FileState {
  readonly kind: 'file' | 'link';
  /** In bytes. */
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
  /**
   * Whether it changed so shortly before it was looked at that the next change may bear the same
   * time: then its times prove nothing, and only its content does.
   */
  readonly fresh: boolean;
  /** Of its content, or of the link's target; empty where nobody has read it yet. */
  readonly hash: string;
}

/** What became of a file between two looks; `same` where only what we know of it is new. */
export type Verdict = 'unchanged' | 'same' | 'create' | 'modify';

/**
 * What a look found, beside what is remembered.
 *
 * Equal content is no change, whatever its times say: who writes a file anew as it was, such as a
 * formatter, changes nothing. Where the content is not known of both, other times are a change.
 */
export function verdictOf(before: FileState | undefined, after: FileState): Verdict {
  if (before === undefined) return 'create';
  if (before.kind !== after.kind) return 'modify';
  if (before.hash !== '' && after.hash !== '') {
    if (before.hash !== after.hash) return 'modify';
    return sameStat(before, after) && before.fresh === after.fresh ? 'unchanged' : 'same';
  }
  if (!sameStat(before, after)) return 'modify';
  return before.hash === after.hash && before.fresh === after.fresh ? 'unchanged' : 'same';
}

/** Whether a file has the size, the times and the inode that it had. */
export function sameStat(before: FileState, after: FileState): boolean {
  return (
    before.size === after.size &&
    before.mtimeMs === after.mtimeMs &&
    before.ctimeMs === after.ctimeMs &&
    before.ino === after.ino
  );
}

/** Whether a file that came is, by all that is known, the one that went under another name. */
export function isMoved(gone: FileState, come: FileState): boolean {
  const sameContent = gone.hash === '' || come.hash === '' || gone.hash === come.hash;
  return (
    sameContent &&
    gone.kind === come.kind &&
    gone.ino === come.ino &&
    gone.size === come.size &&
    gone.mtimeMs === come.mtimeMs
  );
}

const LINK = 1;
const FRESH = 2;

/** The flags of a state as a number. */
export function flagsOf({ kind, fresh }: Pick<FileState, 'kind' | 'fresh'>): number {
  return (kind === 'link' ? LINK : 0) + (fresh ? FRESH : 0);
}

/** What the flags say. */
export function readFlags(flags: number): Pick<FileState, 'kind' | 'fresh'> {
  return { kind: (flags & LINK) === 0 ? 'file' : 'link', fresh: (flags & FRESH) !== 0 };
}

/** A state as the text of its row. */
export function encodeState(state: FileState): string {
  const { size, mtimeMs, ctimeMs, ino, hash } = state;
  return `${flagsOf(state)} ${size} ${mtimeMs} ${ctimeMs} ${ino} ${hash}`;
}

const PARTS = 6;

/** Reads the text of a row; undefined where it is none of ours. */
export function decodeState(text: string): FileState | undefined {
  const parts = text.split(' ');
  if (parts.length !== PARTS) return undefined;
  const numberAt = (index: number): number => Number(parts[index]);
  const state = {
    ...readFlags(numberAt(0)),
    size: numberAt(1),
    mtimeMs: numberAt(2),
    ctimeMs: numberAt(3),
    ino: numberAt(4),
    hash: parts[PARTS - 1] ?? '',
  };
  const sum = numberAt(0) + state.size + state.mtimeMs + state.ctimeMs + state.ino;
  return Number.isFinite(sum) ? state : undefined;
}
