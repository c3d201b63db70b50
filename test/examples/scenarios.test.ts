import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../cli/in-process.ts';
import { makeFolder } from '../cli/signalbox.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));

const withScenario = readdirSync(EXAMPLES).filter((name) =>
  existsSync(join(EXAMPLES, name, `${name}.test.yaml`)),
);

/** Scenarios of what `init` writes, by template. */
const TEMPLATES = {
  minimal: `
test: a greeting is answered
given: [{ emit: hello.said }]
answers: { run: hello, filesystem: null }
expect: [{ run: hello, state: succeeded, count: 1 }, { never: run.failed }]
`,
  webhook: `
test: a delivery is kept
given: [{ webhook: /hooks/deploy, body: { version: "1.2.0" } }]
answers: { filesystem: null }
expect:
  - { event: delivery.kept, count: 1 }
  - { effect: filesystem, where: "effect.input.action == 'write'", count: 1 }
`,
  starter: `
test: nothing of it fails by itself
answers: { run: done, filesystem: null, git: null }
expect: [{ never: run.failed }]
`,
};

describe('what init writes does what its scenarios say', () => {
  test.each(Object.entries(TEMPLATES))('%s', async (template, scenario) => {
    const folder = makeFolder({ 'init.test.yaml': scenario });
    expect(await commandLine(folder, ['init', '--template', template])).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await commandLine(folder, ['test']);
    const said = code === 0 ? '' : stdout;
    expect({ code, stderr, said }).toEqual({ code: 0, stderr: '', said: '' });
  });
});

describe('the shipped examples do what their scenarios say', () => {
  test.each(withScenario)('%s', async (name) => {
    const { code, stdout, stderr } = await commandLine(join(EXAMPLES, name), ['test']);
    expect({ code, stderr, said: code === 0 ? '' : stdout }).toEqual({
      code: 0,
      stderr: '',
      said: '',
    });
  });

  test('each of them but those that are tested by their pages and seeds alone', () => {
    const without = readdirSync(EXAMPLES).filter((name) => !withScenario.includes(name));
    expect(without).toEqual(['program', 'secrets']);
  });
});
