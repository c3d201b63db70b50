import type { Report } from './report.ts';
import { keyPlaceAt, valueOf, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** The steps of a list under a key; none, and a report, where there is no list of any. */
export function readStepList(node: YamlMapping, key: string, report: Report): readonly YamlNode[] {
  const written = valueOf(node, key);
  if (written?.kind === 'list' && written.items.length > 0) return written.items;
  const message = `"${key}" is a list of at least one step, as in "${key}: [ { emit: done } ]"`;
  report({ at: written?.at ?? keyPlaceAt(node, [key]), code: 'config.invalid', message });
  return [];
}
