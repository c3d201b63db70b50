/**
 * What the surface promises and this version lacks, so that a file written for a later version is
 * told so instead of hearing of unknown keys. A key leaves its list when it is built.
 */

/** Keys of a configuration file. */
export const LATER_FILE_KEYS: ReadonlySet<string> = new Set([
  'agents',
  'budgets',
  'coordination',
  'federation',
  'mcp',
  'node',
  'playbook',
  'projects',
  'tool',
]);

/** Keys of a flow. */
export const LATER_FLOW_KEYS: ReadonlySet<string> = new Set(['budget']);

const LATER_KINDS: ReadonlySet<string> = new Set(['agent', 'recipe', 'task']);

/** Whether a key names a kind of step; one such as `tool-slack` is how seed 003 names a tool. */
export function isLaterKind(key: string): boolean {
  return LATER_KINDS.has(key) || key.startsWith('tool-');
}

/** Keys that any step may have. */
export const LATER_STEP_KEYS: ReadonlySet<string> = new Set(['evidence', 'project', 'runs_on']);

const LATER_SOURCES: ReadonlySet<string> = new Set([
  'alerts_file',
  'ci',
  'file_change',
  'git_commit',
  'git_issue',
  'git_pr',
  'git_push',
  'inbox',
  'outbox',
  'queue',
]);

/** Whether a type of sources is promised and not built yet; asked where there is none. */
export function isLaterSource(type: string): boolean {
  return LATER_SOURCES.has(type);
}
