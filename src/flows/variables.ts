import { messageOf } from '../std/errors.ts';

/** What stands for a value that is in no file: `${NAME}`, `${NAME:-default}`, `${file:PATH}`. */
export type VariableReference =
  | { readonly kind: 'environment'; readonly name: string; readonly fallback: string | undefined }
  | { readonly kind: 'file'; readonly path: string };

/** What a reference stands for, or why it stands for nothing. */
export type Variable =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'unset'; readonly message: string };

/** Resolves references. What it returns is secret: it is neither logged nor stored. */
export type Variables = (reference: VariableReference) => Variable;

/** Matches a reference, as a part of larger expressions; its three groups are for `variableOf`. */
export const VARIABLE_SOURCE =
  String.raw`\$\{(?:file:([^}\n]{1,1024})|` + String.raw`([A-Za-z_]\w*)(?::-([^}\n]{0,1024}))?)\}`;

/** The reference that `VARIABLE_SOURCE` matched with these groups; undefined where with none. */
export function variableOf(groups: readonly (string | undefined)[]): VariableReference | undefined {
  const [path, name, fallback] = groups;
  if (path !== undefined) return { kind: 'file', path };
  return name === undefined ? undefined : { kind: 'environment', name, fallback };
}

const REFERENCE = new RegExp(String.raw`\\?${VARIABLE_SOURCE}`, 'g');

/** The references in a text, in their order. */
export function referencesIn(text: string): readonly VariableReference[] {
  return [...text.matchAll(REFERENCE)].flatMap(([whole, ...groups]) => {
    const reference = whole.startsWith('\\') ? undefined : variableOf(groups);
    return reference ?? [];
  });
}

/** Whether a text has a reference in it. */
export function hasReference(text: string): boolean {
  return referencesIn(text).length > 0;
}

/**
 * A setting with its references replaced; undefined where one has no value, which `refuse` is told.
 *
 * One that is a single reference may be a number or a boolean. `\${NAME}` stays `${NAME}`.
 */
export function interpolate(
  text: string,
  variables: Variables,
  refuse: (message: string) => void,
): string | number | boolean | undefined {
  let refused = false;
  const filled = text.replace(REFERENCE, (whole: string, ...groups: (string | undefined)[]) => {
    const reference = whole.startsWith('\\') ? undefined : variableOf(groups);
    if (reference === undefined) return whole.slice(1);
    const variable = variables(reference);
    if (variable.kind === 'value') return variable.value;
    refuse(variable.message);
    refused = true;
    return '';
  });
  if (refused) return undefined;
  const single = text.replace(REFERENCE, '') === '';
  if (!single) return filled;
  if (/^-?\d{1,15}$/.test(filled)) return Number(filled);
  return filled === 'true' || filled === 'false' ? filled === 'true' : filled;
}

export interface VariablePorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file. Throws where it cannot be read. */
  readonly readFile: (path: string) => string;
}

/** The references' meaning in an environment; a file loses its last newline. Never throws. */
export function variablesOf({ env, readFile }: VariablePorts): Variables {
  return (reference) => {
    if (reference.kind === 'file') return fromFile(reference.path, readFile);
    const { name, fallback } = reference;
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    // As in a shell: an empty variable takes the default too.
    if (fallback !== undefined && (value === undefined || value === '')) {
      return { kind: 'value', value: fallback };
    }
    if (value !== undefined) return { kind: 'value', value };
    const remedy = `set it, give a default by \${${name}:-…}, or write \\\${${name}} for the text`;
    return { kind: 'unset', message: `the environment variable ${name} is not set; ${remedy}` };
  };
}

function fromFile(path: string, readFile: (path: string) => string): Variable {
  try {
    return { kind: 'value', value: readFile(path).replace(/\r?\n$/, '') };
  } catch (error) {
    return { kind: 'unset', message: `the file ${path} cannot be read: ${messageOf(error)}` };
  }
}
