import { extname, relative } from 'node:path';
import { type Configuration, type Loaded, loadConfiguration, type LoadOptions } from '../config.ts';
import { findConfiguration } from '../config/files.ts';
import { FILE_ENDINGS } from '../flows/file-endings.ts';
import { type Finding, formatFinding, sortFindings } from '../std/diagnostics.ts';
import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { builtInShapes } from '../steps/shapes.ts';
import { placeOf } from './connect.ts';
import type { CliContext } from './context.ts';
import { type Globals, mergeGlobals } from './globals.ts';
import { count } from './output.ts';

/** The flags of the commands that read the configuration's files. */
export interface FileFlags extends Globals {
  /** The profile to lay over the configuration file. */
  readonly profile?: string | undefined;
}

/**
 * The configuration that a command works with. Every finding is written to standard error.
 *
 * @throws SignalboxError `config.missing`, `config.invalid`, or, where nothing else is wrong,
 *   `config.unsafe`.
 */
export async function loadForCommand(
  context: CliContext,
  flags: FileFlags,
): Promise<Configuration> {
  const { configuration, findings } = await loadNamed(context, flags);
  for (const line of findingLines(findings)) context.terminal.note(`${line}\n`);
  if (configuration !== undefined) return configuration;
  const errors = findings.filter(({ severity }) => severity === 'error');
  const message = `The configuration has ${count(errors.length, 'error')}; correct each.`;
  throw errors.every(({ code }) => code === 'config.unsafe')
    ? new SignalboxError('config.unsafe', message)
    : new SignalboxError('config.invalid', message);
}

/**
 * Loads the configuration that the flags name.
 *
 * @throws SignalboxError `config.missing`.
 */
export async function loadNamed(context: CliContext, flags: FileFlags): Promise<Loaded> {
  const { profile } = flags;
  return load(context, await configFileOf(context, flags), { profile });
}

/**
 * The configuration file that the flags name, or that is found from the working directory upwards.
 *
 * @throws SignalboxError `config.missing`, or `config.unreadable` for a file of another kind.
 */
async function configFileOf(context: CliContext, flags: FileFlags): Promise<string> {
  const named = mergeGlobals(context.globals, flags).config;
  if (named !== undefined) return withKnownEnding(named);
  const { configFile } = placeOf(context, flags);
  if (configFile === undefined && flags.profile !== undefined) return MAIN_NAME;
  if (configFile === undefined) return findConfiguration(context.workingDirectory);
  return relative(context.workingDirectory, configFile);
}

function withKnownEnding(file: string): string {
  const ending = extname(file);
  if (ending === '' || FILE_ENDINGS.some((known) => known === ending)) return file;
  const message = `--config ${file} is of no kind that is read: ${FILE_ENDINGS.join(', ')}.`;
  throw new SignalboxError('config.unreadable', message);
}

/** What a profile is laid over where no file is there: then it is all in the profile. */
const MAIN_NAME = 'signalbox.yaml';

/** Loads a configuration file, with these files of flows instead of those beside it. */
export function load(
  { env }: CliContext,
  file: string,
  more: Pick<LoadOptions, 'files' | 'profile'> = {},
): Promise<Loaded> {
  return loadConfiguration({ file, env, shapes: builtInShapes, ...more });
}

/** Findings in the order of their places, one a line. */
export function findingLines(findings: readonly Finding[]): string[] {
  return sortFindings(findings).map((finding) => escapeText(formatFinding(finding)));
}
