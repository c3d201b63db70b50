import { type Clock, delay, TIMER_DELAY_MS_MAX } from '../std/clock.ts';
import { messageOf } from '../std/errors.ts';
import type { Logger } from '../std/logger.ts';
import { type InPlaceEnd, startInPlace } from '../std/process.ts';

/** Who started the daemon as a service, and wants to know how it does: systemd, or nobody. */
export interface Systemd {
  /** It works; `status` is a sentence for people. May be said again, for another status. */
  ready(status: string): void;
  /**
   * Says again and again that it is alive, where that is wanted: each time only after the loop has
   * come round and `answers` has resolved. What hangs is not told of, and so it is ended.
   */
  watch(answers: () => Promise<unknown>): void;
  /** It ends. No sign of life is given any more, as a stop has a limit of its own. */
  stopping(): void;
}

export interface SystemdOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Node cannot send to a Unix datagram socket, so systemd's own program does. */
const PROGRAM = 'systemd-notify';
/** Signs of life within the time in which systemd wants one: one may be late. */
const SIGNS = 3;

/** The service manager that the environment names, by the protocol of `sd_notify(3)`. */
export function openSystemd(options: SystemdOptions): Systemd {
  const { env, clock, logger } = options;
  if (!env['NOTIFY_SOCKET']) return NOBODY;
  const intervalMs = watchdogIntervalMs(options);
  const over = new AbortController();
  let isAlive = (): Promise<unknown> => Promise.resolve();
  let watching = false;
  let failed = false;

  async function tell(...words: readonly string[]): Promise<void> {
    const end = await startInPlace([PROGRAM, ...words]).ended;
    if (failed || (end.kind === 'exited' && end.code === 0)) return;
    failed = true;
    logger.warn('systemd cannot be told how the daemon does', { reason: reasonOf(end) });
  }

  async function keepTelling(ms: number): Promise<void> {
    while (!over.signal.aborted) {
      try {
        await isAlive();
        if (!over.signal.aborted) await tell('WATCHDOG=1');
      } catch (error) {
        // A store that failed ends the daemon by itself; one that only refuses is looked at again.
        logger.warn('no sign of life is given to systemd', { error: messageOf(error) });
      }
      await delay(clock, ms, over.signal);
    }
  }

  return {
    ready: (status) => void tell('--ready', `--status=${status}`),
    watch(answers) {
      isAlive = answers;
      if (intervalMs === undefined || watching) return;
      watching = true;
      void keepTelling(intervalMs);
    },
    stopping() {
      over.abort();
      void tell('STOPPING=1', '--status=stopping');
    },
  };
}

const NOBODY: Systemd = { ready: () => {}, watch: () => {}, stopping: () => {} };

/** How often a sign of life is due, in milliseconds; undefined where systemd wants none from us. */
export function watchdogIntervalMs({
  env,
  pid,
}: Pick<SystemdOptions, 'env' | 'pid'>): number | undefined {
  const { WATCHDOG_USEC: micros = '', WATCHDOG_PID: whose = String(pid) } = env;
  if (!/^[1-9]\d*$/.test(micros) || whose !== String(pid)) return undefined;
  const ms = Math.floor(Number(micros) / 1_000 / SIGNS);
  return Math.min(Math.max(1, ms), TIMER_DELAY_MS_MAX);
}

function reasonOf(end: InPlaceEnd): string {
  switch (end.kind) {
    case 'exited':
      return `${PROGRAM} ended with exit code ${end.code}`;
    case 'killed':
      return `${PROGRAM} was ended by ${end.signal}`;
    case 'unstarted':
      return end.code === 'ENOENT'
        ? `there is no program ${PROGRAM}; it comes with systemd`
        : `${PROGRAM} cannot be run (${end.code})`;
  }
}
