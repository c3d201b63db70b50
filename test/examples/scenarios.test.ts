import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../cli/in-process.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));

const withScenario = readdirSync(EXAMPLES).filter((name) =>
  existsSync(join(EXAMPLES, name, `${name}.test.yaml`)),
);

describe('the shipped examples do what their scenarios say', () => {
  test.each(withScenario)('%s', async (name) => {
    const { code, stdout, stderr } = await commandLine(join(EXAMPLES, name), ['test']);
    expect({ code, stderr, said: code === 0 ? '' : stdout }).toEqual({
      code: 0,
      stderr: '',
      said: '',
    });
  });

  test('each of them but those that hear secrets, and that are programs', () => {
    const without = readdirSync(EXAMPLES).filter((name) => !withScenario.includes(name));
    expect(without).toEqual(['program', 'secrets']);
  });
});
