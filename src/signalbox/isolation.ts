import { SignalboxError } from '../std/errors.ts';
import { hidingOf, liesIn } from '../std/isolation/hiding.ts';
import type { MeasuredIsolation } from '../std/isolation/isolation.ts';
import { measureIsolation } from '../std/isolation/measure.ts';
import { tryCommand } from '../std/process.ts';
import type { IsolationView } from '../views/engine-view.ts';
import type { OpenOptions } from './options.ts';

/** What nobody has measured. */
const UNMEASURED: MeasuredIsolation = { isolation: undefined, obstacles: [] };

/** What it means that commands are not isolated, wherever it is said. */
export const ADVISORY =
  'steps see the daemon and its data: gates are advisory, they hold who keeps to them';

/**
 * Measures once how this machine can keep commands from seeing the daemon, and logs it.
 *
 * @throws SignalboxError `isolation.missing` where it cannot, and the configuration requires it.
 */
export async function isolate(options: OpenOptions): Promise<MeasuredIsolation> {
  if (options.mode !== 'run' || options.inMemory === true) return UNMEASURED;
  const { settings, directory } = options.configuration;
  const { security } = settings;
  const { dataDirectory } = options;
  const measured = await measureFor({ isolation: security.isolation, directory, dataDirectory });
  const { isolation, obstacles } = measured;
  const reason = obstacles.join('; ');
  if (isolation !== undefined) {
    options.logger.info('commands do not see the daemon or its data', { by: isolation.way });
  } else if (security.require_isolation) {
    const remedy =
      security.isolation === 'off'
        ? 'Remove one of the two settings.'
        : '`signalbox doctor` says what to do; see also the guide, Threat model.';
    const message = `security.require_isolation is set, and no command can be isolated: ${reason}.`;
    throw new SignalboxError('isolation.missing', `${message} ${remedy}`);
  } else options.logger.warn(ADVISORY, { reason });
  return measured;
}

/** What stands in the way where the configuration wants none. */
export const ISOLATION_OFF = 'security.isolation is off';

/** What is measured: for a project's folder and its data directory, both of which exist. */
export interface IsolationPlace {
  /** `security.isolation`. */
  readonly isolation: 'auto' | 'off';
  readonly directory: string;
  readonly dataDirectory: string;
  /** Where what is mounted is written to: the data directory where it is left out. */
  readonly folder?: string;
}

/** Measures what a daemon there would do. */
export async function measureFor({
  isolation,
  directory,
  dataDirectory,
  folder = dataDirectory,
}: IsolationPlace): Promise<MeasuredIsolation> {
  const obstacle = (text: string): MeasuredIsolation => ({ ...UNMEASURED, obstacles: [text] });
  if (isolation === 'off') return obstacle(ISOLATION_OFF);
  const [user, group] = [process.getuid?.(), process.getgid?.()];
  if (user === undefined || group === undefined) return obstacle('this system has no user ids');
  if (liesIn(directory, dataDirectory)) {
    return obstacle(`the project lies in the data directory ${dataDirectory}`);
  }
  return measureIsolation({
    hiding: hidingOf(dataDirectory, { user, group }),
    folder,
    path: process.env['PATH'] ?? '',
    attempt: tryCommand,
  });
}

/** What people are told of it. */
export function viewIsolation({ isolation, obstacles }: MeasuredIsolation): IsolationView {
  return { way: isolation?.way ?? null, obstacles };
}
