import type { Configuration } from '../config.ts';
import { exposureOf } from '../config/settings.ts';
import { createServer, type HttpServer } from '../server/server.ts';
import { openSignalbox, type Signalbox } from '../signalbox.ts';
import type { OpenOptions } from '../signalbox/options.ts';
import type { Clock } from '../std/clock.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import { findDaemon, removeDaemonRecord, startOf, writeDaemonRecord } from './daemon-file.ts';
import { makeDataDirectory, tokenOf } from './data-directory.ts';
import { type Address, isFree } from './free-address.ts';
import { readVersion } from './version.ts';

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly configuration: Configuration;
  readonly dataDirectory: string;
  /** Where the log lies, in place of what the configuration says. */
  readonly store?: string | undefined;
  /** Instead of the configured port; 0 takes any free one. */
  readonly port: number | undefined;
  readonly apply: boolean;
  /** Begins with everything paused. */
  readonly paused?: boolean | undefined;
  /** Nobody is told anything over a channel: what would be said is only recorded. */
  readonly muted?: boolean | undefined;
  /** A proxy stands before the API: it speaks HTTPS, and says where a request comes from. */
  readonly behindProxy?: boolean | undefined;
  /** Types or names of sources; where given, only these are opened. */
  readonly sources?: readonly string[] | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A daemon that takes events. */
export interface Daemon {
  readonly box: Signalbox;
  readonly ready: ReadyLine;
  /** Lets answers and steps under way end, and leaves the data directory clean. */
  stop(): Promise<void>;
}

/** What a daemon says on standard output when it is ready: a promise to scripts. */
export interface ReadyLine {
  readonly ready: true;
  readonly url: string;
  /** Where webhooks are heard; absent where no source does. */
  readonly hooks?: string;
  readonly pid: number;
  readonly data: string;
  readonly epoch: number;
  readonly token_file: string;
}

/**
 * Starts engine and server on a data directory, which is made where it is missing.
 *
 * @throws SignalboxError `config.unsafe` where other machines would reach the API without HTTPS,
 *   `data.locked` naming the daemon that holds the directory, `data.unusable`, `data.corrupt`,
 *   `data.newer`, `server.address_in_use`, `server.cannot_listen`.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { dataDirectory, clock } = options;
  refuseExposure(options);
  makeDataDirectory(dataDirectory);
  const token = tokenOf(dataDirectory);
  options.configuration.secrets.add(token.text);
  if (!(await isFree(addressOf(options)))) await refuseAddress(options, token.text);
  const heard = new Heard();
  const box = await openEngine(options, 'run', heard.url);
  const server = serverOf(box, token.text, options);
  try {
    await server.start();
    heard.at(server.url);
    const { epoch } = box.store.identity;
    const found = { pid: process.pid, url: server.url, token_file: token.file, epoch };
    const started = new Date(clock.now()).toISOString();
    const process_start = startOf(process.pid);
    writeDaemonRecord(dataDirectory, { ...found, started, process_start });
    const hooks = box.hooksUrl === undefined ? {} : { hooks: box.hooksUrl };
    const ends = { pid: process.pid, data: dataDirectory, epoch, token_file: token.file };
    const ready = { ready: true, url: server.url, ...hooks, ...ends } as const;
    const stop = (): Promise<void> => stopDaemon({ box, server, dataDirectory });
    return { box, ready, stop };
  } catch (error) {
    heard.at(undefined);
    await server.stop();
    await box.stop();
    throw error;
  }
}

/** Where the API is heard: steps of old runs may ask before it is. */
class Heard {
  readonly url: Promise<string | undefined>;
  #tell: (url: string | undefined) => void = () => {};

  constructor() {
    this.url = new Promise((tell) => {
      this.#tell = tell;
    });
  }

  at(url: string | undefined): void {
    this.#tell(url);
  }
}

function refuseExposure({ configuration, behindProxy = false }: DaemonOptions): void {
  const exposed = exposureOf(configuration.settings);
  if (exposed === undefined || behindProxy) return;
  const remedy =
    'Use 127.0.0.1; or put a proxy with HTTPS before it, and start with --behind-proxy';
  throw new SignalboxError('config.unsafe', `${exposed}. ${remedy}.`);
}

function addressOf({ configuration, port }: DaemonOptions): Address {
  const { host, port: configured } = configuration.settings;
  return { host, port: port ?? configured };
}

/**
 * Fails for the address before any flow has run. That the data is locked is worth more to know: the
 * address is mostly taken by the daemon that holds it.
 */
async function refuseAddress(options: DaemonOptions, token: string): Promise<void> {
  const box = await openEngine(options, 'inspect');
  const server = serverOf(box, token, options);
  try {
    await server.start();
  } finally {
    await server.stop();
    await box.stop();
  }
}

async function openEngine(
  options: DaemonOptions,
  mode: OpenOptions['mode'],
  apiUrl?: OpenOptions['apiUrl'],
): Promise<Signalbox> {
  const { port: _port, behindProxy: _proxy, ...given } = options;
  try {
    return await openSignalbox({ ...given, mode, apiUrl });
  } catch (error) {
    throw withHolder(error, options.dataDirectory);
  }
}

/** Names the daemon that holds the directory by its address too, so that it can be reached. */
function withHolder(error: unknown, dataDirectory: string): unknown {
  if (!(error instanceof SignalboxError) || error.code !== 'data.locked') return error;
  const holder = findDaemon(dataDirectory);
  // A daemon that was killed left its record: only who holds the lock is meant.
  if (holder === undefined || holder.pid !== error.details['pid']) return error;
  const { pid, url } = holder;
  const remedy = 'Stop it, or choose another data directory with --data.';
  const message = `A daemon runs on ${dataDirectory} already: process ${pid} at ${url}. ${remedy}`;
  return new SignalboxError('data.locked', message, { cause: error, details: { pid, url } });
}

function serverOf(box: Signalbox, token: string, options: DaemonOptions): HttpServer {
  const { behindProxy = false, logger, clock } = options;
  const { hosts } = box.configuration.settings;
  const address = addressOf(options);
  const build = readVersion();
  return createServer({ box, token, ...address, hosts, behindProxy, logger, clock, build });
}

interface Running {
  readonly box: Signalbox;
  readonly server: HttpServer;
  readonly dataDirectory: string;
}

async function stopDaemon({ box, server, dataDirectory }: Running): Promise<void> {
  // From now on commands find no daemon here: they wait for the lock instead of a refusal.
  removeDaemonRecord(dataDirectory, process.pid);
  await server.stop();
  await box.stop();
}
