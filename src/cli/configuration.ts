import { relative } from 'node:path';
import { type Configuration, type Loaded, loadConfiguration } from '../config.ts';
import { findConfiguration } from '../config/files.ts';
import { type Finding, formatFinding, sortFindings } from '../std/diagnostics.ts';
import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { builtInShapes } from '../steps/kinds.ts';
import { placeOf } from './connect.ts';
import type { CliContext } from './context.ts';
import { type Globals, mergeGlobals } from './globals.ts';
import { count } from './output.ts';

/**
 * The configuration that a command works with. Every finding is written to standard error.
 *
 * @throws SignalboxError `config.missing`, `config.invalid`, or, where nothing else is wrong,
 *   `config.unsafe`.
 */
export async function loadForCommand(context: CliContext, flags: Globals): Promise<Configuration> {
  const { configuration, findings } = await load(context, await configFileOf(context, flags));
  for (const line of findingLines(findings)) context.terminal.note(`${line}\n`);
  if (configuration !== undefined) return configuration;
  const errors = findings.filter(({ severity }) => severity === 'error');
  const message = `The configuration has ${count(errors.length, 'error')}; correct each.`;
  throw errors.every(({ code }) => code === 'config.unsafe')
    ? new SignalboxError('config.unsafe', message)
    : new SignalboxError('config.invalid', message);
}

/**
 * The configuration file that the flags name, or that is found from the working directory upwards.
 *
 * @throws SignalboxError `config.missing`.
 */
export async function configFileOf(context: CliContext, flags: Globals): Promise<string> {
  const named = mergeGlobals(context.globals, flags).config;
  if (named !== undefined) return named;
  const { configFile } = placeOf(context, flags);
  if (configFile === undefined) return findConfiguration(context.workingDirectory);
  return relative(context.workingDirectory, configFile);
}

/** Loads a configuration file, with these files of flows instead of those beside it. */
export function load(
  { env }: CliContext,
  file: string,
  files?: readonly string[],
): Promise<Loaded> {
  const options = { file, env, shapes: builtInShapes };
  return loadConfiguration(files === undefined ? options : { ...options, files });
}

/** Findings in the order of their places, one a line. */
export function findingLines(findings: readonly Finding[]): string[] {
  return sortFindings(findings).map((finding) => escapeText(formatFinding(finding)));
}
