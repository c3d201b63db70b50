import { hasReference } from '../variables.ts';
import type { Report } from './report.ts';
import { valueOf, type YamlMapping, type YamlNode, type YamlScalar } from './yaml-node.ts';

/** Warns of each secret that stands in the file itself: the log keeps that for good. */
export function reportBareSecrets(
  node: YamlMapping,
  keys: readonly string[],
  report: Report,
): void {
  for (const key of keys) {
    for (const { value, at } of secretsIn(valueOf(node, key))) {
      if (typeof value !== 'string' || value === '' || hasReference(value)) continue;
      const remedy = 'write a reference such as "${NAME}" or "${file:PATH}"';
      const message = `"${key}" stands in the file, which the log keeps for good; ${remedy}`;
      report({ at, severity: 'warning', code: 'config.bare_secret', message });
    }
  }
}

/** A secret is a value of its own, the `value` of a mapping, or one of a list of these. */
function secretsIn(node: YamlNode | undefined): readonly YamlScalar[] {
  switch (node?.kind) {
    case 'scalar':
      return [node];
    case 'list':
      return node.items.flatMap(secretsIn);
    case 'mapping':
      return secretsIn(valueOf(node, 'value'));
    case undefined:
      return [];
  }
}
