import type { Unit } from './contract.ts';

/** Characters of payloads and of what sources remember: by these a commit is bounded. */
export function unitLength({ writes, cursors }: Unit): number {
  let length = 0;
  for (const { record } of writes) length += record.data.length;
  if (cursors === undefined) return length;
  for (const { key, value } of cursors) length += key.length + (value?.length ?? 0);
  return length;
}
