import { type Configuration, settingsOf } from '../config.ts';
import type { Settings } from '../config/settings.ts';
import { compareSettings, settingsAtStart } from '../config/settings-change.ts';
import { weakened } from '../config/weakened.ts';
import type { Catalogs } from '../routing/catalogs.ts';
import { SignalboxError } from '../std/errors.ts';
import type { OpenOptions } from './options.ts';

/** What an engine starts with. */
interface Started {
  /** With the settings that hold. */
  readonly configuration: Configuration;
  /** What was in force before; undefined where that is the same, or there was nothing. */
  readonly before: Settings | undefined;
}

/**
 * The configuration with the settings that hold at this start. As with flows, what the files say
 * anew waits until it is put in force; what holds at each start is taken from them, and where that
 * protects less than before, the daemon's log says so.
 *
 * @throws SignalboxError `catalog.unreadable` where the settings in force cannot be read by now.
 */
export async function startedConfiguration(
  { configuration, apply, mode, logger }: OpenOptions,
  catalogs: Catalogs,
): Promise<Started> {
  const hash = catalogs.current;
  const { settings, catalog } = configuration;
  if (mode === 'inspect' || hash === undefined || hash === catalog.hash) {
    return { configuration, before: undefined };
  }
  const before = settingsOf(await catalogs.recorded(hash), configuration);
  if (apply) return { configuration, before };
  if (before === undefined) throw unreadable();
  const holding = settingsAtStart(before, settings);
  const { reloaded, restarted } = compareSettings(holding, settings);
  const waiting = [...reloaded, ...restarted].join(', ');
  if (waiting !== '') logger.warn('settings of the files are not in force yet', { waiting });
  for (const what of weakened(before, holding)) {
    logger.warn('settings protect less than at the last start', { what });
  }
  return { configuration: { ...configuration, settings: holding }, before };
}

/** To take the files instead would put in force what nobody has looked at. */
function unreadable(): SignalboxError {
  const message =
    'The settings in force cannot be read any more: a variable or a file that they name is gone, ' +
    'or another version recorded them. Bring it back, or put the present files in force: --apply.';
  return new SignalboxError('catalog.unreadable', message);
}
