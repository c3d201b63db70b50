import { existsSync, readFileSync, type Stats, statSync } from 'node:fs';
import type { Configuration, Loaded } from '../config.ts';
import { delay } from '../std/clock.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import type { Client } from './client.ts';
import type { CliContext } from './context.ts';
import { makeDataDirectory } from './data-directory.ts';
import { type DaemonRecord, findDaemon } from './daemon-file.ts';
import { type Globals, mergeGlobals } from './globals.ts';
import { openHttpClient } from './http-client.ts';
import { isAnswering } from './http-transport.ts';
import { findPlace, type Place } from './place.ts';
import { shownCommand } from './shown-command.ts';

/** How long a command waits for another one, or for a daemon that is starting, to make way. */
const PATIENCE_MS = 5_000;
const RETRY_MS = 50;

/** What a client is opened for where no daemon runs. */
export interface ConnectOptions {
  /** Whether a data directory is made where there is none. */
  readonly creates: boolean;
  /** Reads the files that a plan compares with what is in force. */
  readonly files?: () => Promise<Loaded>;
  /** The configuration whose flows are compared with what is recorded; none where there is none. */
  readonly configuration?: () => Promise<Configuration | undefined>;
}

/**
 * A client of the daemon that the flags name, else of the daemon of the data directory, else of the
 * data directory itself. That must be there already, unless `creates` is set.
 *
 * @throws SignalboxError `usage.invalid` for a --url without a token, `data.absent`, `data.locked`,
 *   what `placeOf` throws, or what else opening the data directory throws.
 */
export async function connect(
  context: CliContext,
  flags: Globals,
  options: ConnectOptions = { creates: false },
): Promise<Client> {
  const deadline = context.clock.monotonic() + PATIENCE_MS;
  for (;;) {
    try {
      return (await findRunning(context, flags)) ?? (await openHere(context, flags, options));
    } catch (error) {
      const isLocked = error instanceof SignalboxError && error.code === 'data.locked';
      if (!isLocked || context.clock.monotonic() > deadline) throw error;
      await delay(context.clock, RETRY_MS);
    }
  }
}

/**
 * A client of a running daemon.
 *
 * @throws SignalboxError `daemon.absent` where none runs, and says how to start one.
 */
export async function connectToDaemon(context: CliContext, flags: Globals): Promise<Client> {
  const daemon = await findRunning(context, flags);
  if (daemon !== undefined) return daemon;
  throw noDaemon(context, flags);
}

/** What is thrown where no daemon runs: it says how to start one. */
export function noDaemon(context: CliContext, flags: Globals): SignalboxError {
  const { dataDirectory } = placeOf(context, flags);
  const start = shownCommand(context, flags, 'up');
  const message = `No daemon runs on ${dataDirectory}. Start one with: ${start}`;
  return new SignalboxError('daemon.absent', message);
}

/** Does something with a client, and lets go of it whatever happens. */
export async function using<T>(client: Client, work: (client: Client) => Promise<T>): Promise<T> {
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/**
 * The place that the flags and the working directory mean.
 *
 * @throws SignalboxError `config.missing` or `config.unreadable` where they name a configuration
 *   that is no file: what was meant to go there would go elsewhere, and nobody would see it.
 */
export function placeOf(context: CliContext, flags: Globals): Place {
  const merged = mergeGlobals(context.globals, flags);
  const place = findPlace(merged, context.workingDirectory);
  if (merged.config !== undefined) assertFile(merged.config, place.configFile ?? merged.config);
  return place;
}

function assertFile(named: string, path: string): void {
  const stats = statOf(named, path);
  if (stats?.isFile() === true) return;
  const remedy = 'create it, or name another with --config';
  throw stats === undefined
    ? new SignalboxError('config.missing', `There is no file ${named}; ${remedy}.`)
    : new SignalboxError('config.unreadable', `${named} is no file; name one with --config.`);
}

function statOf(named: string, path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    const message = `${named} cannot be read: ${messageOf(cause)}.`;
    throw new SignalboxError('config.unreadable', message, { cause });
  }
}

/** Whether the command is to print for programs. */
export function wantsJson(context: CliContext, flags: Globals): boolean {
  return mergeGlobals(context.globals, flags).json === true;
}

/** A client of the daemon that runs; undefined where none does. Throws as `connect` does. */
export async function findRunning(
  context: CliContext,
  flags: Globals,
): Promise<Client | undefined> {
  const { url, token } = addressed(context, flags);
  const { dataDirectory } = placeOf(context, flags);
  if (url !== undefined) return openHttpClient(addressOf(url), tokenFor(url, token));
  const daemon = findDaemon(dataDirectory);
  // A crashed daemon leaves its record behind, and its number may be another process's by now.
  if (daemon === undefined || !(await isAnswering(daemon.url))) return undefined;
  return openHttpClient(daemon.url, token ?? readToken(daemon));
}

/**
 * The daemon that is meant by its address, as far as one is. A step's command is told by its
 * environment where its own is, and gets no further there than its run may; whoever names a place
 * means that, and the token of a run opens no other.
 */
function addressed({ env, globals }: CliContext, flags: Globals): Pick<Globals, 'url' | 'token'> {
  const asked = mergeGlobals(globals, flags);
  const isPlaced = asked.data !== undefined || asked.config !== undefined;
  const url = asked.url ?? (isPlaced ? undefined : env['SIGNALBOX_URL']);
  const told = env['SIGNALBOX_TOKEN'];
  const isElsewhere = url === undefined && told?.startsWith('sbr_') === true;
  return { url, token: asked.token ?? (isElsewhere ? undefined : told) };
}

async function openHere(
  context: CliContext,
  flags: Globals,
  { creates, files, configuration }: ConnectOptions,
): Promise<Client> {
  const { dataDirectory, configFile } = placeOf(context, flags);
  const isNamed =
    mergeGlobals(context.globals, flags).data !== undefined || configFile !== undefined;
  if (!existsSync(dataDirectory)) {
    // Without a configuration nothing says that events belong here: they would be lost from sight.
    if (!creates || !isNamed) throw noData(dataDirectory, shownCommand(context, flags, 'up'));
    makeDataDirectory(dataDirectory);
  }
  const { openLocalClient } = await import('./local-client.ts');
  return openLocalClient(dataDirectory, files, await configuration?.());
}

function noData(directory: string, start: string): SignalboxError {
  const remedy = `Name another with --data or --config, or start a daemon with: ${start}`;
  return new SignalboxError('data.absent', `There is no data directory ${directory}. ${remedy}`);
}

function addressOf(url: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  const message = `--url ${url} is no address; write it as http://HOST:PORT.`;
  throw new SignalboxError('usage.invalid', message);
}

function tokenFor(url: string, token: string | undefined): string {
  if (token !== undefined) return token;
  const message = `--url ${url} needs the daemon's token: give --token, or set SIGNALBOX_TOKEN.`;
  throw new SignalboxError('usage.invalid', message);
}

function readToken({ token_file }: DaemonRecord): string {
  try {
    return readFileSync(token_file, 'utf8').trim();
  } catch (cause) {
    const message = `The daemon's token cannot be read: ${messageOf(cause)}. Ask its owner for it.`;
    throw new SignalboxError('daemon.token_unreadable', message, { cause });
  }
}
