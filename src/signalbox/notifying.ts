import { openChannels } from '../channels/kinds.ts';
import { Notifier, type NotifierOptions } from '../channels/notifier.ts';
import type { BuiltInSteps } from '../steps/kinds.ts';
import { baseEnvironment } from '../steps/run.ts';
import type { OpenOptions } from './options.ts';

type Made = Pick<NotifierOptions, 'store' | 'time' | 'clock' | 'random' | 'people'> & {
  readonly steps: BuiltInSteps;
};

/** Who tells people, over the channels of the configuration. */
export function openNotifier(
  { configuration, logger }: OpenOptions,
  { steps, ...made }: Made,
): Notifier {
  const { settings, directory } = configuration;
  const { processes, post } = steps;
  const environment = baseEnvironment(process.env);
  const parts = { directory, environment, processes, post, logger };
  const channels = openChannels(settings.channels, parts);
  return new Notifier({ ...made, channels, isCaredFor: () => false, logger });
}
