import { basename, dirname, resolve } from 'node:path';
import { SignalboxError } from '../std/errors.ts';
import { randomSecret } from '../std/random.ts';
import { findingLines, load } from './configuration.ts';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { exitCodeOfFindings } from './exit-code.ts';
import { type Globals, mergeGlobals } from './globals.ts';
import { lookAround } from './init/look-around.ts';
import { describeProject, type Project } from './init/project.ts';
import type { NewFile, Template } from './init/template.ts';
import { findTemplate } from './init/templates.ts';
import { writeNew } from './init/write-new.ts';
import { REPORTS } from './init/yaml-text.ts';
import { count, describePairs, indent, printDocument } from './output.ts';
import { findPlace } from './place.ts';
import { shownCommand } from './shown-command.ts';

/** The flags of `init`. */
export interface InitFlags extends Globals {
  readonly template?: string | undefined;
}

const MAIN_NAME = 'signalbox.yaml';

/**
 * Writes a configuration and sample flows that fit what the folder holds, and says what to type
 * next. Writes over nothing.
 *
 * @throws SignalboxError `usage.invalid` for an unknown template, or one that does not fit the
 *   project; `init.exists` and `init.unwritable`, after which nothing has changed.
 */
export async function init(this: CliContext, flags: InitFlags): Promise<void> {
  const template = findTemplate(flags.template);
  const folder = folderOf(this, flags);
  assertNoConfiguration(folder);
  const project = describeProject(lookAround(folder, this.env['PATH'] ?? ''));
  const misfit = template.misfit?.(project);
  if (misfit !== undefined) throw misfitOf(template, misfit);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const secret = randomSecret();
  const files = template.files({ project, timezone: timeZone, secret });
  // What keeps a secret out of git is there before the secret is.
  const wrote = writeNew(folder, [...keptOutOfGit(project), ...files]);
  await tell(this, flags, { folder, template, project, wrote });
  await checkWritten(this, folder);
}

/** Where the configuration belongs: where --config says, else here. */
function folderOf(context: CliContext, flags: InitFlags): string {
  const { config } = mergeGlobals(context.globals, flags);
  if (config === undefined) return context.workingDirectory;
  if (basename(config) === MAIN_NAME) return dirname(resolve(context.workingDirectory, config));
  const message = `--config ${config}: what init writes is called ${MAIN_NAME}; name a folder's.`;
  throw new SignalboxError('usage.invalid', message);
}

/** A second configuration beside another one would never be found. */
function assertNoConfiguration(folder: string): void {
  const { configFile } = findPlace({}, folder);
  if (configFile === undefined || dirname(configFile) !== resolve(folder)) return;
  const name = basename(configFile);
  const message = `${name} is there already; nothing was written. Look at it with: signalbox check`;
  throw new SignalboxError('init.exists', message);
}

function misfitOf({ name }: Template, misfit: string): SignalboxError {
  return new SignalboxError('usage.invalid', `The template "${name}" does not fit here: ${misfit}`);
}

/** The data directory holds the log and a token. No file of the project's own is changed for it. */
function keptOutOfGit({ git }: Project): NewFile[] {
  if (git === 'none') return [];
  const file = { text: '*\n', mayBeThere: true };
  return [
    {
      ...file,
      path: '.signalbox/.gitignore',
      purpose: 'keeps the log and the token out of git',
      isPrivate: true,
    },
    { ...file, path: `${REPORTS}/.gitignore`, purpose: 'keeps what the flows write out of git' },
  ];
}

interface Written {
  readonly folder: string;
  readonly template: Template;
  readonly project: Project;
  readonly wrote: readonly NewFile[];
}

async function tell(context: CliContext, flags: InitFlags, written: Written): Promise<void> {
  const { folder, template, project, wrote } = written;
  const command = (...words: string[]): string => shownCommand(context, flags, ...words);
  const next = [command('dev'), command(...template.tryIt(project))];
  if (wantsJson(context, flags)) {
    const { language, git, ci, test = null, agents } = project;
    const { name, manager = null } = language;
    const found = { git, ci, language: name, manager, test, agents };
    const paths = wrote.map(({ path, purpose }) => ({ path, purpose }));
    const document = { folder, template: template.name, found, wrote: paths, next };
    return printDocument(context.terminal, document);
  }
  const lines = [
    'Found',
    ...indent(describePairs(foundPairs(project))),
    'Wrote',
    ...indent(describePairs(wrote.map(({ path, purpose }) => [path, purpose]))),
    'Next',
    `  ${next[0]}`,
    '  and in a second terminal, in this folder:',
    `  ${next[1]}`,
  ];
  await context.terminal.print(`${lines.join('\n')}\n`);
}

function foundPairs({ git, ci, language, test, agents }: Project): [string, string][] {
  const services = [...new Set(ci.map(({ service }) => service))].join(', ');
  const { name, manager } = language;
  return [
    ['git', { none: 'no repository', here: 'a repository', above: 'a repository above' }[git]],
    ['CI', ci.length === 0 ? 'none' : `${services}, ${count(ci.length, 'file')}`],
    ['language', manager === undefined ? name : `${name}, with ${manager}`],
    ['tests', test === undefined ? 'none that is known' : test.join(' ')],
    ['agents', agents.length === 0 ? 'none' : agents.join(', ')],
  ];
}

/** Files that lay in the folders of flows before are a part of it now, whatever they hold. */
async function checkWritten(context: CliContext, folder: string): Promise<void> {
  const { findings } = await load(context, resolve(folder, MAIN_NAME));
  if (findings.length === 0) return;
  context.terminal.note(`${findingLines(findings).join('\n')}\n`);
  const refused = findings.filter(({ severity }) => severity === 'error');
  if (refused.length > 0) context.process.exitCode = exitCodeOfFindings(refused);
}
