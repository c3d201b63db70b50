import { isObject, type Json } from '../../std/json.ts';
import { firstText, listAt, textAt, textsAt, valueAt } from './json-path.ts';

/** An event of a forge in our one shape; the sender's own body stands beside it in `raw`. */
export interface ForgeEvent {
  readonly type: string;
  readonly subject: string | null;
  readonly actor: string | null;
  readonly data: { readonly [name: string]: Json };
}

/** What a forge calls what happened, by its header, and what it says of it. */
export interface Delivery {
  readonly name: string;
  readonly body: Json;
}

/** What became of a branch or a tag by a push. */
export interface Push {
  readonly repository: string | null;
  readonly actor: string | null;
  readonly ref: string;
  readonly before: string | null;
  readonly after: string | null;
  /** Null where the forge does not say. */
  readonly forced: boolean | null;
  readonly commits: readonly Json[];
}

const NOTHING = /^0+$/;

/** A push as `git.pushed`, or as what it made or removed. */
export function pushEvent({ repository, actor, commits, ...push }: Push): ForgeEvent {
  const branch = push.ref.startsWith('refs/tags/') ? null : push.ref.replace(/^refs\/heads\//, '');
  const shown = commits.map(commitOf);
  return {
    type: pushType(push, branch !== null),
    subject: repository,
    actor,
    data: {
      repository,
      ref: push.ref,
      branch,
      before: push.before,
      after: push.after,
      forced: push.forced,
      commits: shown,
      files: [...new Set(shown.flatMap(({ files }) => files))],
    },
  };
}

function pushType({ before, after }: Pick<Push, 'before' | 'after'>, isBranch: boolean): string {
  const isGone = NOTHING.test(after ?? '');
  if (!isBranch) return isGone ? 'git.tag_deleted' : 'git.tagged';
  if (isGone) return 'git.branch_deleted';
  return NOTHING.test(before ?? '') ? 'git.branch_created' : 'git.pushed';
}

function commitOf(commit: Json): {
  readonly id: string | null;
  readonly message: string | null;
  readonly author: string | null;
  readonly files: readonly string[];
} {
  const files = ['added', 'modified', 'removed'].flatMap((name) => textsAt(commit, name));
  return {
    id: textAt(commit, 'id'),
    message: textAt(commit, 'message'),
    author: firstText(commit, 'author.username', 'author.name'),
    files: [...new Set(files)],
  };
}

/** `owner/name#7`, or what of it is known. */
export function numbered(repository: string | null, number: number | null): string | null {
  return number === null ? repository : `${repository ?? ''}#${number}`;
}

/** What we have no shape for: the forge's own name and action, and who did it where. */
export function otherEvent(
  forge: string,
  { name }: Delivery,
  { repository, actor, action }: { [part in 'repository' | 'actor' | 'action']: string | null },
): ForgeEvent {
  const parts = [forge, wordOf(name) ?? 'other', wordOf(action) ?? []].flat();
  return { type: parts.join('.'), subject: repository, actor, data: { repository, action } };
}

/** A name as a part of a type; undefined for what is no such name. */
export function wordOf(name: string | null): string | undefined {
  return name !== null && /^[a-z0-9][a-z0-9_-]{0,63}$/i.test(name) ? name.toLowerCase() : undefined;
}

/** Whether the objects of two lists have the same names, and what was added where not. */
export function labelAction(before: readonly string[], after: readonly string[]): string {
  return after.some((label) => !before.includes(label)) ? 'labeled' : 'unlabeled';
}

/** GitHub's and Gitea's `changes`, which say what a field was, as from and to. */
export function changesOf(changes: Json | undefined, now: Json | undefined): Changes {
  const fields = isObject(changes) ? Object.entries(changes) : [];
  return Object.fromEntries(
    fields.flatMap(([field, change]) => {
      const from = valueAt(change, 'from');
      return from === undefined ? [] : [[field, { from, to: valueAt(now, field) ?? null }]];
    }),
  );
}

export type Changes = { readonly [field: string]: { readonly from: Json; readonly to: Json } };

/** The numbers of the requests that a list holds. */
export function numbersOf(body: Json | undefined, path: string): readonly number[] {
  return listAt(body, path).flatMap((item) => {
    const number = valueAt(item, 'number') ?? valueAt(item, 'iid');
    return typeof number === 'number' ? [number] : [];
  });
}
