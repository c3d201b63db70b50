import type { VariableReference, Variables } from './variables.ts';

/** Told of each value that is secret. */
export type NoteSecret = (secret: string) => void;

const SECRET_NAME = /SECRET|TOKEN|KEY|PASS|PWD|CREDENTIAL|AUTH|PRIVATE|COOKIE|SIGN|WEBHOOK|DSN/i;
/** Words, a path of words, or the address of a host: what is the same for everybody. */
const PLAIN = /^(?:https?:\/\/|\.{0,2}\/)?[a-z]+(?:[-_./:, ]{1,2}[a-z]+)*(?::\d{1,5})?\/?$/;

/**
 * Whether what a reference in a step stands for is a secret: what a file holds, what is named like
 * one, and whatever else is more than plain words. What is the reference's own default is none, as
 * it stands in the file.
 */
export function isSecretReference(reference: VariableReference, value: string): boolean {
  if (reference.kind === 'file') return true;
  if (value === reference.fallback) return false;
  return SECRET_NAME.test(reference.name) || !PLAIN.test(value);
}

/** The variables, with `note` told of each that is secret as it is resolved. */
export function notingSecrets(variables: Variables, note: NoteSecret): Variables {
  return (reference) => {
    const variable = variables(reference);
    if (variable.kind === 'value' && isSecretReference(reference, variable.value)) {
      note(variable.value);
    }
    return variable;
  };
}
