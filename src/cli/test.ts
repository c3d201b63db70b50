import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { PART_FOLDERS } from '../config/files.ts';
import { homeOf } from '../config/home.ts';
import { FILE_ENDINGS } from '../flows/file-endings.ts';
import { judge } from '../signalbox/testing/scenario/judge.ts';
import { parseScenario } from '../signalbox/testing/scenario/parse-scenario.ts';
import { play } from '../signalbox/testing/scenario/play.ts';
import type { Scenario, Unmet } from '../signalbox/testing/scenario/scenario.ts';
import { type Finding, sortFindings } from '../std/diagnostics.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { findingLines } from './configuration.ts';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { type Globals, mergeGlobals } from './globals.ts';
import { printDocument } from './output.ts';
import { findPlace } from './place.ts';
import { summaryLine, testLines } from './test-text.ts';

/** Folders beside the configuration in which scenarios lie, and that folder itself. */
const FOLDERS: readonly string[] = ['.', ...PART_FOLDERS, 'tests', 'scenarios'];
/** How many scenarios one call plays. */
const FILES_MAX = 1_000;

/** A scenario file and the configuration that it is about. */
interface Found {
  /** As the user named it, or relative to the working directory. */
  readonly file: string;
  readonly config: string;
}

/** What came of one scenario, as `--json` prints it. */
export interface Tested {
  readonly file: string;
  readonly test: string;
  readonly ok: boolean;
  /** How long it took, in milliseconds of the machine, and how much time passed in it. */
  readonly took: number;
  readonly span: number;
  readonly failures: readonly Unmet[];
  /** Why it could not be played to its end. */
  readonly error: string | null;
}

/**
 * Plays scenarios under a virtual clock, each on a log of its own, and says what did not come true.
 * Exit code 1 where something did not, 65 where a scenario or its configuration is no good.
 */
export async function test(this: CliContext, flags: Globals, ...files: string[]): Promise<void> {
  const found = files.length === 0 ? await listFiles(this, flags) : named(this, flags, files);
  const findings: Finding[] = [];
  const scenarios: { readonly scenario: Scenario; readonly config: string }[] = [];
  for (const { file, config } of found) {
    const path = resolve(this.workingDirectory, file);
    const parsed = parseScenario({ path: file, text: await textOf(path, file) });
    findings.push(...parsed.findings);
    if (parsed.scenario !== undefined) scenarios.push({ scenario: parsed.scenario, config });
  }
  for (const line of findingLines(findings)) this.terminal.note(`${line}\n`);
  const isJson = wantsJson(this, flags);
  const tested: Tested[] = [];
  for (const { scenario, config } of scenarios) {
    const result = await playOne(this, scenario, config);
    tested.push(result);
    if (!isJson) await this.terminal.print(`${testLines(result).join('\n')}\n`);
  }
  const isGood = tested.every(({ ok }) => ok);
  if (findings.length > 0) this.process.exitCode = EXIT.configuration;
  else if (!isGood) this.process.exitCode = EXIT.failed;
  if (isJson) {
    const ok = isGood && findings.length === 0;
    return printDocument(this.terminal, { ok, tests: tested, findings: sortFindings(findings) });
  }
  if (scenarios.length > 0) await this.terminal.print(`${summaryLine(tested)}\n`);
}

/** @throws SignalboxError `config.invalid` where the configuration has errors. */
async function playOne(
  { env, clock }: CliContext,
  scenario: Scenario,
  config: string,
): Promise<Tested> {
  const { file, test: title, expect, untilMs: span } = scenario;
  const began = clock.monotonic();
  const about = { file, test: title, span };
  try {
    const failures = judge(expect, await play(scenario, { config, env }));
    const took = Math.round(clock.monotonic() - began);
    return { ...about, ok: failures.length === 0, took, failures, error: null };
  } catch (error) {
    const isOfScenario = error instanceof SignalboxError && error.code.startsWith('test.');
    if (!isOfScenario) throw error;
    const took = Math.round(clock.monotonic() - began);
    return { ...about, ok: false, took, failures: [], error: messageOf(error) };
  }
}

function named(context: CliContext, flags: Globals, files: readonly string[]): Found[] {
  const { workingDirectory } = context;
  const given = mergeGlobals(context.globals, flags);
  return files.map((file) => {
    const isNamed = given.config !== undefined;
    const folder = isNamed ? workingDirectory : dirname(resolve(workingDirectory, file));
    const { configFile } = findPlace(given, folder);
    return { file, config: configFile ?? missing(file) };
  });
}

async function listFiles(context: CliContext, flags: Globals): Promise<Found[]> {
  const { workingDirectory } = context;
  const { configFile } = findPlace(mergeGlobals(context.globals, flags), workingDirectory);
  const config = configFile ?? missing(workingDirectory);
  const home = homeOf(config);
  const found: Found[] = [];
  for (const folder of FOLDERS) {
    const names = await readdir(join(home, folder)).catch((): string[] => []);
    const own = names.filter(isScenarioName).toSorted();
    found.push(
      ...own.map((name) => ({
        file: relative(workingDirectory, join(home, folder, name)),
        config,
      })),
    );
  }
  if (found.length > 0 && found.length <= FILES_MAX) return found;
  const message =
    found.length === 0
      ? `There is no scenario beside ${config}. Write one, such as flows/deploy.test.yaml.`
      : `There are ${found.length} scenarios, over ${FILES_MAX}; name some of them.`;
  throw new SignalboxError('usage.invalid', message);
}

function isScenarioName(name: string): boolean {
  return FILE_ENDINGS.some((ending) => ending !== '.md' && name.endsWith(`.test${ending}`));
}

function missing(place: string): never {
  const message = `No configuration is found for ${place}. Name it with --config.`;
  throw new SignalboxError('config.missing', message);
}

async function textOf(path: string, file: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new SignalboxError('config.missing', `${file} cannot be read: ${messageOf(error)}`);
  }
}
