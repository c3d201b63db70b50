import { isLongEnough, SECRET_LENGTH_MIN } from '../../std/redact.ts';
import type { NoteSecret } from '../secret-reference.ts';
import type { SourceConfig } from '../source-shape.ts';
import { referencesIn, type VariableReference, type Variables } from '../variables.ts';
import type { Report, ReportedProblem } from './report.ts';
import { valueOf, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** What looking for secrets in a mapping needs. */
export interface SecretsReading {
  readonly variables: Variables;
  readonly note: NoteSecret;
  /** Told of each that is too short to be taken out of what is recorded. */
  readonly report: Report;
}

/** Notes what the references under some keys of a mapping stand for: each is a secret. */
export function noteReferences(
  mapping: YamlMapping,
  keys: readonly string[],
  { variables, note, report }: SecretsReading,
): void {
  const all = keys.flatMap((key) =>
    textsIn(valueOf(mapping, key)).flatMap(({ text, at }) =>
      referencesIn(text).map((reference) => ({ key, at, reference })),
    ),
  );
  for (const { key, at, reference } of all) {
    const secret = valueOutside(reference, variables);
    if (secret === undefined) continue;
    note(secret);
    if (!isLongEnough(secret)) report({ at, ...tooShort(key) });
  }
}

/** What a reference stands for; undefined where that stands in the file, as its default does. */
function valueOutside(reference: VariableReference, variables: Variables): string | undefined {
  const variable = variables(reference);
  if (variable.kind === 'unset') return undefined;
  const { value } = variable;
  return reference.kind === 'environment' && value === reference.fallback ? undefined : value;
}

function tooShort(key: string): Omit<ReportedProblem, 'at'> {
  const message =
    `the secret in "${key}" has fewer than ${SECRET_LENGTH_MIN} characters, ` +
    'and so is not taken out of what is recorded; use a longer one';
  return { severity: 'warning', code: 'config.short_secret', message };
}

/** Notes the values of a source's own keys that are secret, wherever they were written. */
export function noteConfigured(
  config: SourceConfig,
  keys: readonly string[],
  note: NoteSecret,
): void {
  for (const key of keys) for (const text of valuesIn(config[key])) note(text);
}

function valuesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(valuesIn);
}

/** The texts in a part of a file, each with its place. */
export function textsIn(
  node: YamlNode | undefined,
): readonly { readonly text: string; readonly at: number }[] {
  switch (node?.kind) {
    case 'scalar':
      return typeof node.value === 'string' ? [{ text: node.value, at: node.at }] : [];
    case 'list':
      return node.items.flatMap(textsIn);
    case 'mapping':
      return Array.from(node.entries.values()).flatMap(({ value }) => textsIn(value));
    case undefined:
      return [];
  }
}
