import type { Report } from '../flows/parse/report.ts';
import { placeAt, textOf, type YamlMapping } from '../flows/parse/yaml-node.ts';
import { VARIABLE_SOURCE } from '../flows/variables.ts';
import { passwordsIn } from '../store/postgres/database-url.ts';

const REFERENCES = new RegExp(VARIABLE_SOURCE, 'g');

/** Reports a password that stands in the file itself, which the log keeps. */
export function reportBarePassword(mapping: YamlMapping, report: Report): void {
  // What stands in for a variable that is not set stands in the file too.
  const written = textOf(mapping, 'store')?.replaceAll(REFERENCES, '$3') ?? '';
  if (passwordsIn(written).length === 0) return;
  const message =
    '"store" must not hold a password in the file, which the log keeps; ' +
    'write a reference such as "${DATABASE_URL}" or "postgres://me:${PASSWORD}@host/name"';
  report({ at: placeAt(mapping, ['store']), code: 'config.unsafe', message });
}
