import type { Report } from '../flows/parse/report.ts';
import { placeAt, textOf, valueOf, type YamlMapping } from '../flows/parse/yaml-node.ts';
import { VARIABLE_SOURCE, variableOf } from '../flows/variables.ts';

const REFERENCE = new RegExp(`^${VARIABLE_SOURCE}$`);

/**
 * Reports each key of a model that stands in the file itself: what stands there is recorded with
 * the flows, and so would be in the log for good.
 */
export function reportBareKeys(mapping: YamlMapping, report: Report): void {
  const models = valueOf(mapping, 'models');
  if (models?.kind !== 'mapping') return;
  for (const [name, { value: model }] of models.entries) {
    if (model.kind !== 'mapping' || !model.entries.has('key')) continue;
    if (isReference(textOf(model, 'key'))) continue;
    const message =
      '"key" must not stand in the file, which the log keeps; ' +
      'write a reference such as "${MODEL_KEY}" or "${file:PATH}"';
    report({ at: placeAt(mapping, ['models', name, 'key']), code: 'config.unsafe', message });
  }
}

/** Whether a text is one reference and nothing else; a default of its own would stand there too. */
function isReference(text: string | undefined): boolean {
  const groups = text === undefined ? null : REFERENCE.exec(text);
  const reference = groups === null ? undefined : variableOf(groups.slice(1));
  if (reference === undefined) return false;
  return reference.kind === 'file' || (reference.fallback ?? '') === '';
}
