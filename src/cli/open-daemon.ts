import type { Configuration } from '../config.ts';
import type { Clock } from '../std/clock.ts';
import { placeOf } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Daemon } from './daemon.ts';
import type { DaemonLog } from './daemon-log.ts';
import type { Systemd } from './systemd.ts';
import { reportStartup } from './startup-report.ts';
import type { UpFlags } from './up.ts';

/** What a daemon is opened with, beside its flags. */
export interface Opening {
  readonly configuration: Configuration;
  readonly log: DaemonLog;
  readonly systemd: Systemd;
  /** Resolves with the first signal that ends the daemon. */
  readonly signal: Promise<string>;
}

/**
 * Starts the daemon that the flags mean; with --standby once nobody else holds the data. Undefined
 * where a signal ended the wait.
 *
 * @throws SignalboxError as `startDaemon` does.
 */
export async function openDaemon(
  context: CliContext,
  flags: UpFlags,
  opening: Opening,
): Promise<Daemon | undefined> {
  const { configuration, log } = opening;
  // Loaded once the configuration is: both at once hold more files open than some may have.
  const { startDaemon } = await import('./daemon.ts');
  const { dataDirectory } = placeOf(context, flags);
  const {
    port,
    store,
    apply = false,
    paused,
    testMode: muted,
    behindProxy,
    standby = false,
  } = flags;
  const sources = namesOf(flags.sources);
  const { clock } = context;
  const chosen = { port, store, apply, paused, muted, behindProxy, sources };
  const given = { dataDirectory, ...chosen, logger: log.logger, clock };
  if (!standby) return startDaemon({ configuration, ...given });
  return standByFor(clock, {
    opening,
    start: (current) => startDaemon({ configuration: current, ...given }),
  });
}

function namesOf(list: string | undefined): readonly string[] | undefined {
  return list
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

interface Taking {
  readonly opening: Opening;
  readonly start: (configuration: Configuration) => Promise<Daemon>;
}

async function standByFor(clock: Clock, { opening, start }: Taking): Promise<Daemon | undefined> {
  const { configuration, signal, systemd, log } = opening;
  const { standBy } = await import('./standby.ts');
  const unwanted = new AbortController();
  void signal.then(() => unwanted.abort());
  let waited = false;
  return standBy({
    clock,
    unwanted: unwanted.signal,
    async open() {
      if (!waited) return start(configuration);
      // The files may have changed since: what is old by now must not be put in force. They are
      // read as ever again, so that the log, which is open already, knows the secrets of the new.
      const { configuration: current } = await configuration.reread();
      const daemon = await start(current ?? configuration);
      if (current === undefined) log.logger.warn('the files are bad by now: what they were counts');
      return daemon;
    },
    async onWait(holder) {
      waited = true;
      const who = holder === undefined ? 'another process' : `process ${holder}`;
      log.logger.info('standing by until nobody else holds the data', { holder });
      systemd.ready('standing by');
      systemd.watch(() => Promise.resolve());
      const text = `Standing by: ${who} holds the data; it takes over when that ends.`;
      await reportStartup({ kind: 'standby', text });
    },
  });
}
