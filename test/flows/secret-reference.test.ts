import { expect, test } from 'vitest';
import { isSecretReference, notingSecrets } from '../../src/flows/secret-reference.ts';
import { referencesIn, variablesOf } from '../../src/flows/variables.ts';

test.each([
  ['API_TOKEN', 'plain'],
  ['DB_PASSWORD', 'plain'],
  ['STRIPE_KEY', 'plain'],
  ['VALUE', 'a1b2c3d4'],
  ['VALUE', 'CamelCase'],
  ['DATABASE_URL', 'postgres://app:pw@db/app'],
  ['URL', 'https://host/path?x=y'],
])('%s that stands for %s is a secret', (name, value) => {
  expect(isSecretReference({ kind: 'environment', name, fallback: undefined }, value)).toBe(true);
});

test.each([
  ['STAGE', 'production'],
  ['REPO', 'acme/my-service'],
  ['FOLDER', '/home/jo/work'],
  ['BASE_URL', 'http://localhost:3000'],
  ['NAMES', 'one, two'],
])('%s that stands for %s is none', (name, value) => {
  expect(isSecretReference({ kind: 'environment', name, fallback: undefined }, value)).toBe(false);
});

test('what a file holds is one, and a default is none, whatever they are', () => {
  expect(isSecretReference({ kind: 'file', path: 'x' }, 'plain')).toBe(true);
  const token = { kind: 'environment', name: 'TOKEN', fallback: 'a1b2' } as const;
  expect(isSecretReference(token, 'a1b2')).toBe(false);
});

test('secrets are noted as they are resolved, and nothing else is', () => {
  const noted: string[] = [];
  const env = { TOKEN: 's3cret', STAGE: 'production' };
  const variables = notingSecrets(variablesOf({ env, readFile: () => 'from a file' }), (secret) =>
    noted.push(secret),
  );
  const text = '${TOKEN} ${STAGE} ${NONE} ${file:x} \\${TOKEN} ${OTHER:-d3fault}';
  const kinds = referencesIn(text).map((reference) => variables(reference).kind);
  expect(kinds).toEqual(['value', 'value', 'unset', 'value', 'value']);
  expect(noted).toEqual(['s3cret', 'from a file']);
});
