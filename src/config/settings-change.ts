import { isDeepStrictEqual } from 'node:util';
import type { Settings } from './settings.ts';

/**
 * Settings that hold at each start, whatever was put in force: where the daemon is heard, what it
 * is for, and how much it does at once. All others decide what may happen; they are in force as
 * flows are, so that nobody changes them by writing a file and waiting for a restart.
 */
const HELD_AT_START = [
  'mode',
  'store',
  'state_file',
  'persist_last_run',
  'host',
  'port',
  'webhook_host',
  'webhook_port',
  'max_concurrent_handlers',
  'queue_limit',
  'queue_overflow',
] as const satisfies readonly (keyof Settings)[];

/** Settings that a reload puts in force at once. */
export type ReloadedSettings = Pick<Settings, 'own_actors' | 'people' | 'autonomy' | 'gates'>;

const RELOADED: ReadonlySet<string> = new Set<keyof ReloadedSettings>([
  'own_actors',
  'people',
  'autonomy',
  'gates',
]);

/** Which settings differ, and when what is written holds. */
export interface SettingsDifference {
  /** Those that a reload puts in force, such as `gates.threshold`. */
  readonly reloaded: readonly string[];
  /** Those that hold from the next start on, such as `port` and `security.http_allow`. */
  readonly restarted: readonly string[];
}

/** What settings a daemon starts with whose files differ from what was put in force. */
export function settingsAtStart(inForce: Settings, written: Settings): Settings {
  const held = HELD_AT_START.map((name) => [name, written[name]]);
  return { ...inForce, ...(Object.fromEntries(held) as Partial<Settings>) };
}

/** Which settings differ; of one that has parts of its own, which of these. */
export function compareSettings(before: Settings, after: Settings): SettingsDifference {
  const [olds, news] = [comparable(before), comparable(after)];
  const names = differingNames(olds, news);
  const paths = names.flatMap((name) => {
    const [old, fresh] = [olds[name], news[name]];
    if (!isMapping(old) || !isMapping(fresh)) return [{ name, path: name }];
    return differingNames(old, fresh).map((part) => ({ name, path: `${name}.${part}` }));
  });
  const isReloaded = ({ name }: { readonly name: string }): boolean => RELOADED.has(name);
  return {
    reloaded: paths.filter(isReloaded).map(({ path }) => path),
    restarted: paths.filter((each) => !isReloaded(each)).map(({ path }) => path),
  };
}

type Mapping = Readonly<Record<string, unknown>>;

/** As it would be written: what is compiled of a text differs from itself. */
function comparable(settings: Settings): Mapping {
  return JSON.parse(JSON.stringify(settings)) as Mapping;
}

function differingNames(before: Mapping, after: Mapping): string[] {
  // One that is optional may stand in either alone.
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
