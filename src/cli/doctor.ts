import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Configuration, Loaded } from '../config.ts';
import { measureFor, viewIsolation } from '../signalbox/isolation.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import type { IsolationView, Status } from '../views/engine-view.ts';
import { type FileFlags, loadNamed } from './configuration.ts';
import { connect, findRunning, placeOf, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { findDaemon } from './daemon-file.ts';
import { type DaemonFacts, diagnoseDaemon } from './doctor/daemon.ts';
import { diagnoseData } from './doctor/data.ts';
import { type Diagnosis, obstacle } from './doctor/diagnosis.ts';
import { containerEngines, dataFacts, machineFacts, nearest } from './doctor/facts.ts';
import { diagnoseIsolation } from './doctor/isolation.ts';
import { diagnoseMachine } from './doctor/machine.ts';
import { diagnoseFindings, diagnoseSettings } from './doctor/settings.ts';
import { EXIT } from './exit-code.ts';
import { isFree } from './free-address.ts';
import { count, printDocument } from './output.ts';

/**
 * Names every setting that protects less than the defaults and every obstacle, a line each with
 * its remedy. Changes nothing; exit code 1 where it names any.
 */
export async function doctor(this: CliContext, flags: FileFlags): Promise<void> {
  const findings = await diagnose(this, flags);
  const isWell = findings.every(({ level }) => level === 'ok');
  if (!isWell) this.process.exitCode = EXIT.failed;
  if (wantsJson(this, flags)) return printDocument(this.terminal, { ok: isWell, findings });
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.map((each) => lineOf(each, width));
  await this.terminal.print(`${[...lines, summaryOf(findings)].join('\n')}\n`);
}

async function diagnose(context: CliContext, flags: FileFlags): Promise<Diagnosis[]> {
  const { dataDirectory } = placeOf(context, flags);
  const { configuration, diagnoses } = await readFiles(context, flags);
  const status = await statusOf(context, flags);
  const isolation = status?.isolation ?? (await measured(configuration, dataDirectory));
  const facts = { isRoot: process.getuid?.() === 0, engines: containerEngines() };
  return [
    ...diagnoses,
    ...settingsOf(configuration),
    ...diagnoseIsolation({ ...isolation, ...facts }),
    ...diagnoseMachine(machineFacts(context, configuration, dataDirectory)),
    ...diagnoseData(await dataFacts(dataDirectory, configuration)),
    ...diagnoseDaemon(await daemonFacts(context, flags, { status, configuration })),
  ];
}

/** Of files that cannot be read, nobody knows what they set. */
function settingsOf(configuration: Configuration | undefined): Diagnosis[] {
  if (configuration === undefined) return [];
  return diagnoseSettings(configuration.settings, configuration.catalog.sources?.values() ?? []);
}

/** That there is no configuration is one more thing that stands in the way. */
async function readFiles(
  context: CliContext,
  flags: FileFlags,
): Promise<Pick<Loaded, 'configuration'> & { readonly diagnoses: Diagnosis[] }> {
  try {
    const { configuration, findings } = await loadNamed(context, flags);
    return { configuration, diagnoses: diagnoseFindings(findings) };
  } catch (error) {
    if (!(error instanceof SignalboxError) || !error.code.startsWith('config.')) throw error;
    const remedy = 'The guide, Getting started, shows one.';
    const diagnoses = [obstacle('configuration', error.message, remedy)];
    return { configuration: undefined, diagnoses };
  }
}

async function statusOf(context: CliContext, flags: FileFlags): Promise<Status | undefined> {
  try {
    const client = await findRunning(context, flags);
    return client && (await using(client, () => client.status()));
  } catch {
    return undefined;
  }
}

/** Measures here, where no daemon says what it has measured itself. */
async function measured(
  configuration: Configuration | undefined,
  dataDirectory: string,
): Promise<IsolationView> {
  // A daemon that does not answer may be mounting what its own file says.
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-doctor-'));
  const hidden = nearest(dataDirectory) === dataDirectory ? dataDirectory : folder;
  const { isolation = 'auto' } = configuration?.settings.security ?? {};
  const place = { isolation, directory: configuration?.directory ?? '/', folder };
  try {
    return viewIsolation(await measureFor({ ...place, dataDirectory: hidden }));
  } catch (error) {
    return { way: null, obstacles: [messageOf(error)] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function daemonFacts(
  context: CliContext,
  flags: FileFlags,
  known: {
    readonly status: Status | undefined;
    readonly configuration: Configuration | undefined;
  },
): Promise<DaemonFacts> {
  const { dataDirectory } = placeOf(context, flags);
  const { status, configuration } = known;
  const record = findDaemon(dataDirectory);
  if (status !== undefined || record !== undefined) {
    return { record, status, addresses: [], problem: undefined };
  }
  const problem = await problemOf(context, flags, dataDirectory);
  return { record, status, addresses: await addressesOf(configuration), problem };
}

/** Opens the data as any command does that finds no daemon, and lets go of it. */
async function problemOf(
  context: CliContext,
  flags: FileFlags,
  dataDirectory: string,
): Promise<string | undefined> {
  if (nearest(dataDirectory) !== dataDirectory) return undefined;
  try {
    await using(await connect(context, flags), async () => {});
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function addressesOf(
  configuration: Configuration | undefined,
): Promise<DaemonFacts['addresses']> {
  if (configuration === undefined) return [];
  const { host, port, webhook_host, webhook_port } = configuration.settings;
  const sources = [...(configuration.catalog.sources?.values() ?? [])];
  const hooks = sources.some(({ type }) => type === 'webhook')
    ? [{ host: webhook_host, port: webhook_port }]
    : [];
  return Promise.all(
    [{ host, port }, ...hooks].map(async (address) => ({
      name: `${address.host}:${address.port}`,
      isFree: await isFree(address),
    })),
  );
}

function lineOf({ level, about, message, remedy }: Diagnosis, width: number): string {
  const text = remedy === null ? message : `${message} ${remedy}`;
  return `${level.padEnd('obstacle'.length)}  ${about.padEnd(width)}  ${escapeText(text)}`;
}

function summaryOf(findings: readonly Diagnosis[]): string {
  const numberOf = (level: Diagnosis['level']): number =>
    findings.filter((each) => each.level === level).length;
  const obstacles = count(numberOf('obstacle'), 'obstacle');
  return `${numberOf('ok')} ok, ${numberOf('weaker')} weaker, ${obstacles}.`;
}
