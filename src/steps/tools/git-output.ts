import type { Json } from '../../std/json.ts';

/** What of each commit is asked for, each field ended by a NUL. */
export const LOG_FORMAT = '%H%x00%an%x00%ae%x00%cI%x00%s%x00%b%x00';
const LOG_FIELDS = 6;

interface Commit {
  readonly [field: string]: string;
  readonly commit: string;
  readonly author: string;
  readonly email: string;
  readonly time: string;
  readonly subject: string;
  readonly body: string;
}

/** The commits of a log in `LOG_FORMAT`. */
export function readLog(printed: string): readonly Commit[] {
  const fields = printed.split('\0');
  const commits: Commit[] = [];
  for (let at = 0; at + LOG_FIELDS < fields.length; at += LOG_FIELDS) {
    const [hash = '', author = '', email = '', time = '', subject = '', body = ''] = fields.slice(
      at,
      at + LOG_FIELDS,
    );
    // Git ends each commit with a newline, which begins the next one.
    commits.push({ commit: hash.trim(), author, email, time, subject, body: body.trim() });
  }
  return commits;
}

/** Commits for people and prompts: one a line, with its day and who wrote it. */
export function logText(commits: readonly Commit[]): string {
  return commits
    .map(({ commit, time, author, subject }) => {
      return `${commit.slice(0, 10)} ${time.slice(0, 10)} ${author}: ${subject}`;
    })
    .join('\n');
}

const STATES: Readonly<Record<string, string>> = {
  '?': 'untracked',
  u: 'conflict',
  A: 'added',
  C: 'copied',
  D: 'deleted',
  M: 'modified',
  R: 'renamed',
  T: 'type changed',
};

/** The answer to `git status --porcelain=v2 --branch -z`. */
export function readStatus(printed: string): Json {
  const records = printed.split('\0').filter(Boolean);
  const header = (name: string): string | null => {
    const line = records.find((record) => record.startsWith(`# ${name} `));
    const value = line?.slice(name.length + 3);
    return value === undefined || value.startsWith('(') ? null : value;
  };
  const files: { [field: string]: string }[] = [];
  for (let at = 0; at < records.length; at++) {
    const record = records[at] ?? '';
    const kind = record.slice(0, 1);
    if (kind === '#') continue;
    const path = pathOf(record, kind);
    if (kind === '2') files.push({ path, state: stateOf(record), from: records[++at] ?? '' });
    else files.push({ path, state: stateOf(record) });
  }
  return {
    branch: header('branch.head'),
    commit: header('branch.oid'),
    clean: files.length === 0,
    files,
  };
}

/** How many fields stand before the path of a record, by its kind. */
const FIELDS_BEFORE: Readonly<Record<string, number>> = { '?': 1, '1': 8, '2': 9, u: 10 };

function pathOf(record: string, kind: string): string {
  return record
    .split(' ')
    .slice(FIELDS_BEFORE[kind] ?? 1)
    .join(' ');
}

/** In the index where it differs there, else in the folder. */
function stateOf(record: string): string {
  const own = STATES[record.slice(0, 1)];
  if (own !== undefined) return own;
  const [index = '.', folder = '.'] = record.slice(2, 4);
  return STATES[index === '.' ? folder : index] ?? 'modified';
}
