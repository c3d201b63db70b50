import type { CliContext } from './context.ts';
import { type Globals, mergeGlobals } from './globals.ts';

/** What of a command's surroundings decides how another one is typed. */
type Surroundings = Pick<CliContext, 'env' | 'globals'>;

/** Commands whose own `--data` is an event's, so that it names no directory. */
const TAKES_DATA: ReadonlySet<string> = new Set(['emit', 'trigger']);

/** A command at the place at which this one works, so that it can be typed as it stands. */
export function shownCommand(
  context: Surroundings,
  flags: Globals,
  ...words: readonly string[]
): string {
  const { config, data } = mergeGlobals(context.globals, flags);
  // Where npm runs us, the command is not on the path.
  const program = context.env['npm_execpath'] === undefined ? 'signalbox' : 'npx signalbox';
  const place = [...shownFlag('--config', config), ...shownFlag('--data', data)];
  return [program, ...place, ...words].join(' ');
}

/**
 * A message whose remedies, each written as `: signalbox VERB`, are at the place that the words of
 * the command line name. What a daemon says knows nothing of that place.
 */
export function atPlace(
  message: string,
  context: Surroundings,
  words: readonly string[] = [],
): string {
  const flags = placeIn(words);
  return message.replaceAll(/(?<=: )signalbox (?=[a-z])/g, () => shownCommand(context, flags, ''));
}

/** The place that flags behind a command's name mean. */
function placeIn(words: readonly string[]): Globals {
  const [command = ''] = words;
  const data = TAKES_DATA.has(command) ? undefined : flagIn(words, '--data');
  return { config: flagIn(words, '--config'), data };
}

function flagIn(words: readonly string[], flag: string): string | undefined {
  const index = words.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  const word = words[index];
  return word === flag ? words[index + 1] : word?.slice(flag.length + 1);
}

function shownFlag(flag: string, value: string | undefined): string[] {
  if (value === undefined) return [];
  return [
    flag,
    /^[\w./@:+-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`,
  ];
}
