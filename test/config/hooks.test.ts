import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Loaded, loadConfiguration } from '../../src/config.ts';
import { planOf } from '../../src/config/definitions.ts';
import { formatFinding } from '../../src/std/diagnostics.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';
import { makeFolder } from '../cli/signalbox.ts';

async function load(text: string, files: Readonly<Record<string, string>> = {}): Promise<Loaded> {
  const folder = makeFolder({ 'signalbox.yaml': text, ...files });
  return loadConfiguration({
    file: join(folder, 'signalbox.yaml'),
    env: { TOKEN: 's3cret' },
    shapes: builtInShapes,
  });
}

async function saidOf(text: string): Promise<string[]> {
  const { findings } = await load(text);
  return findings.map((finding) => formatFinding(finding).replace(/^.*signalbox\.yaml:/, ''));
}

const WITH_DEFAULTS = { on_failure: 'open', budget: 250, events: '*', env: {} };

describe('hooks', () => {
  test('are modules and commands, each with what holds for it', async () => {
    const text = `
hooks:
  event:received:
    - ./bots.mjs
    - { command: [python3, bots.py, "\${TOKEN}"], on_failure: closed, budget: 2s, events: "git.*" }
  "event:handler:end": [ { module: ./bots.mjs, env: { TOKEN: "\${TOKEN}" } } ]
`;
    const { configuration, findings } = await load(text, { 'bots.mjs': '' });
    expect(findings).toEqual([]);
    expect(configuration?.settings.hooks).toEqual({
      'event:received': [
        { module: './bots.mjs', ...WITH_DEFAULTS },
        {
          command: ['python3', 'bots.py', 's3cret'],
          on_failure: 'closed',
          budget: 2_000,
          events: 'git.*',
          env: {},
        },
      ],
      'event:handler:end': [{ module: './bots.mjs', ...WITH_DEFAULTS, env: { TOKEN: 's3cret' } }],
    });
  });

  test('that changed need a restart', async () => {
    const text = 'hooks: { "event:queued": [ { command: [tell] } ] }';
    const [before, after] = await Promise.all([load(''), load(text)]);
    const settings = before.configuration?.settings;
    expect(planOf(after, { catalog: undefined, settings, running: true, open: [] })).toMatchObject({
      needs_restart: ['hooks.event:queued'],
    });
  });

  test.each([
    [
      'hooks: { "event:recieved": [] }',
      '1:10: error: unknown key "event:recieved" in "hooks", did you mean "event:received"? ' +
        '[config.unknown_key]',
    ],
    [
      'hooks: { "event:queued": [ ./gone.mjs ] }',
      '1:28: error: there is no file ./gone.mjs; create it, or name another module ' +
        '[config.missing]',
    ],
    [
      'hooks: { "event:queued": [ { module: . } ] }',
      '1:38: error: there is no file .; create it, or name another module [config.missing]',
    ],
    [
      'hooks: { "event:queued": [ { command: python3 bots.py } ] }',
      '1:39: error: "hooks.event:queued.0.command": is a list of the program and its arguments, ' +
        'as in [python3, hooks/bots.py] [config.invalid]',
    ],
    [
      'hooks: { "event:queued": [ { command: [] } ] }',
      '1:28: error: "hooks.event:queued.0": its "command" names no program [config.invalid]',
    ],
    [
      'hooks: { "event:queued": [ { command: [a], module: b } ] }',
      '1:28: error: "hooks.event:queued.0": a hook is either a "module" or a "command" ' +
        '[config.invalid]',
    ],
    [
      'hooks: { "event:queued": [ { command: [a], budget: 0ms } ] }',
      '1:52: error: "hooks.event:queued.0.budget": is between 1ms and 10s [config.invalid]',
    ],
    [
      'hooks: { "event:queued": [ { command: [a], budget: 11s } ] }',
      '1:52: error: "hooks.event:queued.0.budget": is between 1ms and 10s [config.invalid]',
    ],
    [
      'hooks: { "event:queued": [ { command: [a], on_failur: open } ] }',
      '1:44: error: unknown key "on_failur" in "hooks.event:queued.0", ' +
        'did you mean "on_failure"? [config.unknown_key]',
    ],
    [
      'hooks: { "event:queued": [ { command: [a], events: "a*b" } ] }',
      '1:52: error: "hooks.event:queued.0.events": holds a "*" before its end; ' +
        'only a last "*" is allowed, as in "git.*" [config.invalid]',
    ],
    [
      'hooks: { "event:queued": { command: [a] } }',
      '1:26: error: "hooks.event:queued": expected a list, received a mapping [config.invalid]',
    ],
    [
      'hooks: { "event:queued": [ { command: [a], env: { "A-B": c } } ] }',
      '1:58: error: "hooks.event:queued.0.env.A-B": a name is letters, digits and "_", ' +
        'as in API_URL [config.invalid]',
    ],
  ])('%s is refused', async (text, finding) => {
    expect(await saidOf(text)).toEqual([finding]);
  });
});
