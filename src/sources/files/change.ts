import { isMoved } from './file-state.ts';
import type { Difference } from './look.ts';

/** What happened to a file. */
export type ChangeKind = 'create' | 'modify' | 'delete' | 'rename';

/** One change that may be told of, and all that is to be remembered with it. */
export interface Change {
  readonly path: string;
  readonly kind: ChangeKind;
  /** What a renamed file was called. */
  readonly from?: string;
  /** Where a rename is two. */
  readonly differences: readonly Difference[];
}

/**
 * What happened, in the order of the paths. A file that is gone and one that came, the same by
 * inode, size, time and content, are one that was renamed.
 */
export function changesOf(differences: Iterable<Difference>): Change[] {
  const changed = [...differences].filter(({ verdict }) => verdict !== 'same');
  const gone = goneByInode(changed);
  const renamed = new Map<Difference, Difference>();
  for (const come of changed) {
    const from = come.verdict === 'create' ? takeMoved(gone, come) : undefined;
    if (from !== undefined) renamed.set(come, from);
  }
  const sources = new Set(renamed.values());
  return changed
    .filter((difference) => !sources.has(difference))
    .map((difference) => changeOf(difference, renamed.get(difference)))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function changeOf(difference: Difference, from: Difference | undefined): Change {
  const { path, verdict } = difference;
  if (from === undefined) {
    const kind = verdict === 'same' ? 'modify' : verdict;
    return { path, kind, differences: [difference] };
  }
  return { path, kind: 'rename', from: from.path, differences: [from, difference] };
}

function goneByInode(changed: readonly Difference[]): Map<number, Difference[]> {
  const gone = new Map<number, Difference[]>();
  for (const difference of changed) {
    const { before, verdict } = difference;
    if (verdict !== 'delete' || before === undefined) continue;
    gone.set(before.ino, [...(gone.get(before.ino) ?? []), difference]);
  }
  return gone;
}

/** Each file that is gone has become one other at most. */
function takeMoved(gone: Map<number, Difference[]>, come: Difference): Difference | undefined {
  const { after } = come;
  const candidates = after === undefined ? undefined : gone.get(after.ino);
  const found = candidates?.find(({ before }) => {
    return before !== undefined && after !== undefined && isMoved(before, after);
  });
  if (after !== undefined && found !== undefined) {
    gone.set(
      after.ino,
      (candidates ?? []).filter((other) => other !== found),
    );
  }
  return found;
}

/** A change as an event tells it. */
export interface ToldChange {
  readonly path: string;
  readonly kind: ChangeKind;
  readonly from?: string;
}

/**
 * A change as it is told to those who want these kinds only. A rename is told as what it also is,
 * one file gone and one come, to those who did not ask for renames.
 */
export function toldOf(change: Change, kinds: readonly ChangeKind[]): ToldChange[] {
  const { path, kind, from } = change;
  if (kinds.includes(kind)) return [{ path, kind, ...(from === undefined ? {} : { from }) }];
  if (kind !== 'rename' || from === undefined) return [];
  const halves: readonly ToldChange[] = [
    { path: from, kind: 'delete' },
    { path, kind: 'create' },
  ];
  return halves.filter((half) => kinds.includes(half.kind));
}
