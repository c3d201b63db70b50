import { BUILT_IN_CHANNELS, LATER_CHANNELS } from '../channels/shape.ts';
import type { Report } from '../flows/parse/report.ts';
import type { Recipients } from '../flows/parse/recipients.ts';
import { placeAt, type YamlMapping } from '../flows/parse/yaml-node.ts';
import { suggestion } from '../std/diagnostics.ts';
import type { Settings } from './settings.ts';

/** Whom steps may have told: channels, and people who have some. */
export function recipientsOf({ channels, people }: Settings): Recipients {
  const reachable = Object.entries(people).filter(([, person]) => person.channels.length > 0);
  const names = new Set([
    ...BUILT_IN_CHANNELS,
    ...Object.keys(channels),
    ...reachable.map(([name]) => name),
  ]);
  return { names, later: new Set(LATER_CHANNELS) };
}

/** Warns of each channel of a person, and each of `gates.notify`, that is not there. */
export function reportAbsentChannels(
  settings: Settings,
  mapping: YamlMapping,
  report: Report,
): void {
  const { channels, people, gates } = settings;
  const known = new Set([...BUILT_IN_CHANNELS, ...Object.keys(channels)]);
  for (const [name, person] of Object.entries(people)) {
    for (const [index, channel] of person.channels.entries()) {
      if (known.has(channel)) continue;
      const at = placeAt(mapping, ['people', name, 'channels', index]);
      if (LATER_CHANNELS.includes(channel)) {
        const message = `the channel "${channel}" is not supported by this version`;
        report({ at, code: 'config.not_supported', message, severity: 'warning' });
        continue;
      }
      const near = suggestion(channel, known) || '; write it under "channels"';
      const message = `no channel is called "${channel}"${near}`;
      report({ at, code: 'config.unknown_name', message, severity: 'warning' });
    }
  }
  const { names } = recipientsOf(settings);
  for (const [index, name] of (gates.notify ?? []).entries()) {
    if (names.has(name)) continue;
    const at = placeAt(mapping, ['gates', 'notify', index]);
    const near = suggestion(name, names) || '; write a channel, or a person who has some';
    const message = `no channel and nobody with channels is called "${name}"${near}`;
    report({ at, code: 'config.unknown_name', message, severity: 'warning' });
  }
}
