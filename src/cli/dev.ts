import type { Reload } from '../config/definitions.ts';
import { messageOf } from '../std/errors.ts';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Daemon } from './daemon.ts';
import { lookAtConfiguration, watchFiles } from './file-watch.ts';
import type { DaemonLog } from './daemon-log.ts';
import { DEV, traced } from './live-trace.ts';
import { nextSteps } from './next-steps.ts';
import { badFilesLines, planLines } from './plan-text.ts';
import { paint } from './table.ts';
import { wantsColor } from './terminal.ts';
import { type Company, runUp, type UpFlags } from './up.ts';

/** The flags of `dev`: what is in the files is in force. */
export type DevFlags = Omit<
  UpFlags,
  'apply' | 'background' | 'behindProxy' | 'logFile' | 'pidFile' | 'standby'
>;

/**
 * Runs the daemon for who is writing its files: what changes is put in force at once, what is bad
 * is shown and leaves all as it is, and the log tells events and runs as they come.
 */
export async function dev(this: CliContext, flags: DevFlags): Promise<void> {
  const company = wantsJson(this, flags) ? reloadingOnly(this) : companyOf(this, flags);
  await runUp(this, { ...flags, apply: true }, company);
}

/** For programs the log stays as it is: only the files are watched. */
function reloadingOnly(context: CliContext): Company {
  return {
    logger: (log) => log,
    join: (daemon, log) => watch(context, { daemon, log, report: () => {} }),
  };
}

function companyOf(context: CliContext, flags: UpFlags): Company {
  const terminal = { color: wantsColor(context.stderr.isTTY === true, context.env) };
  const { logger, join } = traced(context);
  return {
    logger,
    greeting: (daemon) => greetingOf(context, flags, daemon),
    join: (daemon, log) => {
      const { write } = log;
      const leave = join(daemon, log);
      const unwatch = watch(context, {
        daemon,
        log,
        report(result) {
          const lines = describeReload(context, result, terminal);
          write(lines.map((line) => `${line}\n`).join(''));
        },
      });
      return async () => {
        await Promise.all([leave(), unwatch()]);
      };
    },
  };
}

async function greetingOf(
  context: CliContext,
  flags: UpFlags,
  { ready, box }: Daemon,
): Promise<string> {
  const catalog = await box.catalog();
  const lines = [
    `Signalbox runs at ${ready.url}`,
    ...(ready.hooks === undefined ? [] : [`webhooks are heard at ${ready.hooks}`]),
    ...box.sources().map(({ name }) => `listens to ${name}`),
    'what you change in its files is put in force at once',
    ...nextSteps(context, flags, catalog),
  ];
  const [first = '', ...rest] = lines;
  return `${[first, ...rest.map((line) => `  ${line}`)].join('\n')}\n\n`;
}

interface Watching {
  readonly daemon: Daemon;
  readonly log: DaemonLog;
  readonly report: (result: Reload) => void;
}

function watch({ clock }: CliContext, { daemon, log, report }: Watching): () => Promise<void> {
  const { box } = daemon;
  return watchFiles({
    clock,
    look: () => lookAtConfiguration(box.configuration),
    async changed() {
      try {
        report(await box.reload({ actor: DEV }));
      } catch (error) {
        log.logger.error('the files were not read again', { error: messageOf(error) });
      }
    },
  });
}

type Colors = Parameters<typeof planLines>[1];

function describeReload(context: CliContext, result: Reload, terminal: Colors): string[] {
  if (!result.ok) {
    const lines = badFilesLines(context, result);
    return lines.map((line) => paint(line, 'bad', terminal));
  }
  if (!result.activated) return [];
  return [paint('the files have changed, and are in force', 'good', terminal)].concat(
    planLines(result, terminal).map((line) => `  ${line}`),
  );
}
