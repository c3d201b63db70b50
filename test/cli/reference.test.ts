import {
  type Application,
  type CommandContext,
  generateHelpTextForAllCommands,
} from '@stricli/core';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildApp } from '../../src/cli/app.ts';
import { EXIT } from '../../src/cli/exit-code.ts';

const PAGE = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8');
const GLOBAL_FLAGS = ['--config', '--data', '--json', '--url', '--token', '--help'];

/** The part of the page that is about one command, from its heading to the next. */
function sectionOf(name: string): string {
  const sections = PAGE.split(/^### /m).slice(1);
  return sections.find((section) => new RegExp(`^\`${name}(?![\\w-])`).test(section)) ?? '';
}

describe('the reference of the command line', () => {
  // No command is run here, so it does not matter that they would ask more of their context.
  const app = buildApp() as unknown as Application<CommandContext>;
  const commands = generateHelpTextForAllCommands(app).map(
    ([route, help]) => [route.replace(/^signalbox /, ''), help] as const,
  );

  test.each(commands)('has a section for "%s" that names its flags', (route, help) => {
    const name = route
      .replace(/^daemon$/, 'up')
      .replace(/^daemon /, '')
      .replace(/ ls$/, '');
    const section = sectionOf(name);
    expect(section).not.toBe('');
    const flags = [...help.matchAll(/\[?(--[a-z][a-z-]+)\]?/g)].map(([, flag]) => flag ?? '');
    const missing = flags.filter((flag) => !GLOBAL_FLAGS.includes(flag) && !section.includes(flag));
    expect([...new Set(missing)]).toEqual([]);
  });

  test('lists every exit code', () => {
    const [, table = ''] = PAGE.split(/^## Exit codes$/m);
    const listed = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
  });
});
