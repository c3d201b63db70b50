import {
  type Application,
  type CommandContext,
  generateHelpTextForAllCommands,
} from '@stricli/core';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildApp } from '../../src/cli/app.ts';
import { LESSONS } from '../../src/cli/lessons.ts';
import { buildRoutes } from '../../src/cli/routes.ts';
import { commandLine } from './in-process.ts';
import { makeFolder } from './signalbox.ts';

/** The help of every command that does something, by its name. */
const HELP: ReadonlyMap<string, string> = new Map(
  // No command is run here, so it does not matter that they would ask more of their context.
  generateHelpTextForAllCommands(buildApp() as unknown as Application<CommandContext>).map(
    ([route, help]) => [route.replace(/^signalbox /, ''), help],
  ),
);

type Entries = ReturnType<ReturnType<typeof buildRoutes>['getAllEntries']>;

/** Every command and every noun, but the hidden ones. */
function namesIn(entries: Entries, above = ''): string[] {
  return entries
    .filter(({ hidden }) => !hidden)
    .flatMap(({ name, target }) => {
      const path = `${above}${name['convert-camel-to-kebab']}`;
      const below = 'getAllEntries' in target ? namesIn(target.getAllEntries(), `${path} `) : [];
      return [path, ...below];
    });
}

const NAMES = namesIn(buildRoutes().getAllEntries());

/** The help of the command that a line begins with: of a noun alone, of its usual verb. */
function helpOf(line: string): string {
  const [noun = '', verb = ''] = line.split(' ');
  const usual = [`${noun} ${verb}`, noun, `${noun} ls`];
  return usual.map((name) => HELP.get(name)).find((help) => help !== undefined) ?? '';
}

describe('the help of a command', () => {
  test('teaches something for every command, and for no other', () => {
    expect(Object.keys(LESSONS).toSorted()).toEqual(NAMES.toSorted());
  });

  test.each(Object.entries(LESSONS))('of "%s" has examples that it takes', (name, lesson) => {
    for (const example of lesson.examples) {
      expect(example === name || example.startsWith(`${name} `)).toBe(true);
      const [own = ''] = example.split(' -- ');
      const flags = own.match(/(?<= )--[a-z][a-z-]+/g) ?? [];
      const help = helpOf(example);
      expect(flags.filter((flag) => !help.includes(flag))).toEqual([]);
      expect(help).not.toBe('');
    }
    const known = [...NAMES, 'help'];
    expect(lesson.see.filter((other) => !known.includes(other) || other === name)).toEqual([]);
  });

  test('shows them below the flags, also of a noun and of an old word', async () => {
    const folder = makeFolder();
    const { code, stdout } = await commandLine(folder, ['help', 'runs', 'skip']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/FLAGS[^]*\nEXAMPLE\n {2}signalbox runs skip 12 notify/);
    expect(stdout).toMatch(/\nSEE ALSO\n {2}signalbox help runs set, signalbox help runs retry\n$/);
    expect((await commandLine(folder, ['events', '-h'])).stdout).toContain('signalbox events 50');
    expect((await commandLine(folder, ['daemon', '--help'])).stdout).toContain(
      'signalbox up --apply',
    );
    expect((await commandLine(folder, ['help'])).stdout).not.toContain('EXAMPLE');
  });

  test('is not asked for by the command that exec runs', async () => {
    const { stdout } = await commandLine(makeFolder(), [
      'exec',
      '--',
      'sh',
      '-c',
      'exit 0',
      '--help',
    ]);
    expect(stdout).not.toContain('EXAMPLE');
  });
});

describe('the name of the program alone', () => {
  test('says how to begin where nothing is set up', async () => {
    const { code, stdout } = await commandLine(makeFolder(), []);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Nothing is set up here yet\. Next:\n {2}signalbox init +writes/);
  });

  test('says what can be done where a configuration is', async () => {
    const folder = makeFolder({ 'signalbox.toml': '' });
    const { stdout } = await commandLine(folder, []);
    expect(stdout).toMatch(/signalbox\.toml is there\. Next:\n {2}signalbox check/);
    expect(stdout).not.toContain('signalbox runs');
    writeFileSync(join(folder, 'here'), '');
    expect((await commandLine(folder, ['--config', 'here'])).stdout).toContain(
      'signalbox --config here dev',
    );
  });
});
