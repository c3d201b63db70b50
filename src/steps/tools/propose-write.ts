import { createHash } from 'node:crypto';
import type { FileContent, Proposed } from '../../gates/content.ts';
import { unifiedDiff } from '../../std/unified-diff.ts';
import { textOf } from '../written-value.ts';
import type { Json } from '../../std/json.ts';
import type { Confinement } from './confinement.ts';
import { readText, TEXT_BYTES_MAX } from './text-files.ts';

/** What writing one file would do: the diff from what is there now, whose bytes are bound too. */
export async function proposeWrite(
  inside: Confinement,
  { path, content }: { readonly path: string; readonly content: Json },
): Promise<Proposed> {
  const way = await inside.resolve(path);
  const text = textOf(content);
  const before = await readText(inside, way, TEXT_BYTES_MAX).catch(() => undefined);
  const digest = before === undefined ? null : createHash('sha256').update(before).digest('hex');
  const shown: FileContent = {
    kind: 'file',
    path: way.path,
    content: text,
    before: digest,
    diff: unifiedDiff(before ?? '', text),
  };
  return { content: shown, files: [{ path: way.path, sha256: digest }], unbound: [] };
}
