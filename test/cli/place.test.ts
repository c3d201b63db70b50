import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox } from './signalbox.ts';

const FLOWS = 'flows:\n  a: { on: x, steps: [{ emit: y }] }\n';
const COMMANDS = [
  ['emit', 'order.placed'],
  ['emit', '-'],
  ['events'],
  ['runs'],
  ['status'],
  ['plan'],
  ['check'],
  ['up'],
  ['stats', '--url', 'http://127.0.0.1:1', '--token', 't'],
];

describe('a configuration that is named', () => {
  test.each(COMMANDS)('and is not there is told by %s', async (...command) => {
    const folder = makeFolder();
    const { code, stdout, stderr } = await signalbox(folder, [
      '--config',
      'sub/nowhere.yaml',
      ...command,
    ]);
    expect(code).toBe(65);
    expect((stderr + stdout).toLowerCase()).toMatch(
      /there is no file (sub\/)?nowhere\.yaml; create it, or name another/,
    );
    expect(existsSync(join(folder, 'sub'))).toBe(false);
  });

  test('and is a folder is refused too, and nothing is made beside it', async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'project'));
    const { code, stderr } = await signalbox(folder, ['emit', 'x', '--config', 'project']);
    expect({ code, stderr }).toEqual({
      code: 65,
      stderr: 'signalbox: project is no file; name one with --config.\n',
    });
    expect(existsSync(join(folder, '.signalbox'))).toBe(false);
  });
});

test('a configuration whose name no file can have is refused', async () => {
  const { code, stderr } = await signalbox(makeFolder(), ['runs', '--config', 'a'.repeat(300)]);
  expect(code).toBe(65);
  expect(stderr).toContain('cannot be read: ENAMETOOLONG');
});

describe('the command that starts a daemon', () => {
  test.each([
    [[], 'signalbox up'],
    [['--config', 'signalbox.yaml'], 'signalbox --config signalbox.yaml up'],
    [['--config', "it's mine.yaml"], String.raw`signalbox --config 'it'\''s mine.yaml' up`],
    [['--data', 'd/e'], 'signalbox --data d/e up'],
  ])('is told with the flags that were given: %j', async (flags, start) => {
    const folder = makeFolder({ 'signalbox.yaml': FLOWS, "it's mine.yaml": FLOWS });
    const status = await signalbox(folder, ['status', ...flags]);
    expect(status.code).toBe(69);
    expect(status.stderr).toMatch(/^signalbox: No daemon runs on .*\n$/);
    expect(status.stderr.split('Start one with: ')[1]).toBe(`${start}\n`);
    const runs = await signalbox(folder, ['runs', ...flags]);
    expect(runs.code).toBe(73);
    expect(runs.stderr.split('start a daemon with: ')[1]).toBe(`${start}\n`);
  });
});

describe('a remedy', () => {
  const PLACE = 'signalbox --config project/signalbox.yaml';
  const told = async (args: readonly string[], env = {}): Promise<string> => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'project'));
    writeFileSync(join(folder, 'project', 'signalbox.yaml'), FLOWS);
    const base = ['--config', 'project/signalbox.yaml'];
    await signalbox(folder, [...base, 'emit', 'nothing.else']);
    const { stdout, stderr } = await signalbox(folder, args, { env });
    return stdout + stderr;
  };

  test.each([
    [['runs', 'show', '99'], 'List the latest with:', 'runs'],
    [['events', 'show', '99'], 'List the latest with:', 'events'],
    [['why', '99'], 'List the latest with:', 'history'],
    [['dlq', 'show', '99'], 'List them with:', 'dlq'],
    [['plan'], 'Put the files in force with:', 'up'],
  ])('of %j is at the place that was named', async (words, problem, remedy) => {
    for (const line of [
      ['--config', 'project/signalbox.yaml', ...words],
      [...words, '--config=project/signalbox.yaml'],
    ]) {
      expect(await told(line)).toContain(`${problem} ${PLACE} ${remedy}\n`);
    }
  });

  test('takes the data of an event for no directory', async () => {
    const line = ['emit', '--data', '{}', '--config', 'project/signalbox.yaml'];
    expect(await told(line)).toContain(`as in: ${PLACE} emit TYPE\n`);
  });

  test('begins with npx where npm runs the command', async () => {
    const line = ['why', '99', '--config', 'project/signalbox.yaml'];
    expect(await told(line, { npm_execpath: 'npm' })).toContain(`with: npx ${PLACE} history\n`);
  });
});
