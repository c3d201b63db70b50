import { delay } from '../std/clock.ts';
import { SignalboxError } from '../std/errors.ts';
import { connectToDaemon, noDaemon, placeOf, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { type DaemonRecord, findDaemon, isRunning } from './daemon-file.ts';
import { type Globals, mergeGlobals } from './globals.ts';
import { printDocument } from './output.ts';

/** How long a daemon may take to end: the ten seconds of its work, and what its own end takes. */
const STOP_MS_MAX = 20_000;
const LOOK_MS = 25;

/**
 * Stops the daemon of the data directory, and returns when its process has ended.
 *
 * @throws SignalboxError `daemon.absent` where none runs, `daemon.not_ended` where it does not end
 *   in time, `daemon.not_ours` where it belongs to another user, `usage.invalid` for --url.
 */
export async function stop(this: CliContext, flags: Globals): Promise<void> {
  const daemon = await daemonHere(this, flags);
  askToEnd(daemon);
  await untilEnded(this, daemon);
  const { pid } = daemon;
  if (wantsJson(this, flags)) return printDocument(this.terminal, { stopped: true, pid });
  await this.terminal.print(`Stopped: process ${pid}.\n`);
}

async function daemonHere(context: CliContext, flags: Globals): Promise<DaemonRecord> {
  if (mergeGlobals(context.globals, flags).url !== undefined) {
    const remedy = 'Stop it on its own machine, or name its data directory with --data.';
    throw new SignalboxError('usage.invalid', `A daemon at --url cannot be stopped. ${remedy}`);
  }
  const daemon = findDaemon(placeOf(context, flags).dataDirectory);
  if (daemon === undefined) throw noDaemon(context, flags);
  // Where the system does not tell processes apart by their start, its answer must: a process that
  // only has the number of a daemon that died gets no signal.
  if (daemon.process_start === undefined) {
    await using(await connectToDaemon(context, flags), (client) => client.status());
  }
  return daemon;
}

function askToEnd({ pid }: DaemonRecord): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (cause) {
    // Gone in this moment: then it is what was wanted.
    if ((cause as NodeJS.ErrnoException).code !== 'EPERM') return;
    const message = `The daemon is process ${pid} of another user; stop it as that user.`;
    throw new SignalboxError('daemon.not_ours', message, { cause });
  }
}

async function untilEnded({ clock }: CliContext, daemon: DaemonRecord): Promise<void> {
  const deadline = clock.monotonic() + STOP_MS_MAX;
  while (isRunning(daemon)) {
    if (clock.monotonic() > deadline) {
      const { pid } = daemon;
      const message =
        `The daemon, process ${pid}, was asked to end and has not within ` +
        `${STOP_MS_MAX / 1_000} s. Look at its log; nothing is lost by: kill -9 ${pid}`;
      throw new SignalboxError('daemon.not_ended', message, { details: { pid } });
    }
    await delay(clock, LOOK_MS);
  }
}
