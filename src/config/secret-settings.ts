import { noteReferences, type SecretsReading, textsIn } from '../flows/parse/secrets.ts';
import { valueOf, type YamlMapping } from '../flows/parse/yaml-node.ts';
import { notingSecrets } from '../flows/secret-reference.ts';
import { referencesIn } from '../flows/variables.ts';
import { SETTINGS_KEYS } from './settings.ts';

/** Settings whose references stand for nothing secret: what is everybody's to see. */
const PLAIN: ReadonlySet<string> = new Set([
  'mode',
  'state_file',
  'persist_last_run',
  'host',
  'port',
  'hosts',
  'webhook_host',
  'webhook_port',
  'max_concurrent_handlers',
  'queue_limit',
  'queue_overflow',
  'loop_budget',
  'own_actors',
  'security',
  'models',
]);

/** Notes the secrets that the settings of a file refer to: keys of models, and by what they are. */
export function noteSettings(mapping: YamlMapping, reading: SecretsReading): void {
  const others = SETTINGS_KEYS.filter((key) => !PLAIN.has(key));
  const noting = notingSecrets(reading.variables, reading.note);
  for (const { text } of others.flatMap((key) => textsIn(valueOf(mapping, key)))) {
    for (const reference of referencesIn(text)) noting(reference);
  }
  const models = valueOf(mapping, 'models');
  if (models?.kind !== 'mapping') return;
  for (const { value: model } of models.entries.values()) {
    if (model.kind === 'mapping') noteReferences(model, ['key'], reading);
  }
}
