import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SignalboxError } from '../std/errors.ts';
import { suggestion } from '../std/diagnostics.ts';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { type Globals, mergeGlobals } from './globals.ts';
import { writeNew } from './init/write-new.ts';
import { printDocument } from './output.ts';
import { findPlace } from './place.ts';
import { shownCommand } from './shown-command.ts';
import { type Column, renderTable } from './table.ts';

/** The folder of those that ship, beside the package's own code. */
const PACKAGE = dirname(fileURLToPath(new URL('../../package.json', import.meta.url)));
const SHIPPED = join(PACKAGE, 'examples', 'playbooks', 'playbooks');
const ENDING = '.yaml';
/** The folder of a project that its playbooks lie in. */
const FOLDER = 'playbooks';

/** A playbook that ships: flows that a project may take over. */
interface Playbook {
  readonly name: string;
  /** What it does, in a sentence: the first line of its file. */
  readonly does: string;
}

/** Lists the playbooks that ship. */
export async function listPlaybooks(this: CliContext, flags: Globals): Promise<void> {
  const playbooks = shipped();
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items: playbooks });
  await this.terminal.print(renderTable(playbooks, COLUMNS, this.terminal));
}

/**
 * Copies one into the project's `playbooks/`, where it is the project's own. Writes over nothing.
 *
 * @throws SignalboxError `usage.invalid` for one that does not ship, `config.missing` where there
 *   is no configuration, `init.exists` and `init.unwritable`.
 */
export async function addPlaybook(this: CliContext, flags: Globals, name: string): Promise<void> {
  const playbook = shipped().find((each) => each.name === name);
  if (playbook === undefined) throw notShipped(name);
  const { configFile } = findPlace(mergeGlobals(this.globals, flags), this.workingDirectory);
  if (configFile === undefined) {
    const message = 'No configuration is found here. Write one with: signalbox init';
    throw new SignalboxError('config.missing', message);
  }
  const path = join(FOLDER, `${name}${ENDING}`);
  const folder = dirname(configFile);
  writeNew(folder, [{ path, text: textOf(name), purpose: playbook.does }]);
  const next = ['check', 'reload'].map((word) => shownCommand(this, flags, word));
  if (wantsJson(this, flags)) {
    return printDocument(this.terminal, { ...playbook, folder, path, next });
  }
  const lines = [
    `Wrote ${path}: change in it what is yours. Then:`,
    ...next.map((each) => `  ${each}`),
  ];
  await this.terminal.print(`${lines.join('\n')}\n`);
}

const COLUMNS: readonly Column<Playbook>[] = [
  { head: 'PLAYBOOK', cell: ({ name }) => name },
  { head: 'DOES', cell: ({ does }) => does, shrinks: true },
];

function shipped(): Playbook[] {
  const files = readdirSync(SHIPPED).filter((file) => file.endsWith(ENDING));
  return files.toSorted().map((file) => {
    const name = basename(file, ENDING);
    const [first = ''] = textOf(name).split('\n');
    return { name, does: first.replace(/^#\s*/, '') };
  });
}

function textOf(name: string): string {
  return readFileSync(join(SHIPPED, `${name}${ENDING}`), 'utf8');
}

function notShipped(name: string): SignalboxError {
  const names = shipped().map((each) => each.name);
  const near = suggestion(name, names);
  const tail = near === '' ? `; there are ${names.join(', ')}.` : near;
  return new SignalboxError('usage.invalid', `No playbook is called "${name}"${tail}`);
}
