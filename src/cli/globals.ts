import { SignalboxError } from '../std/errors.ts';

/** The flags that every command takes, before its name or after it. */
export interface Globals {
  readonly config?: string | undefined;
  /** The data directory. */
  readonly data?: string | undefined;
  readonly json?: boolean | undefined;
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

const text = (input: string): string => input;

/** The declarations of the global flags that stay the same in every command. */
export const SHARED_FLAGS = {
  config: {
    kind: 'parsed',
    parse: text,
    optional: true,
    brief: 'The configuration file (default: signalbox.yaml here or in a folder above)',
    placeholder: 'FILE',
  },
  json: {
    kind: 'boolean',
    optional: true,
    withNegated: false,
    brief: 'Print one JSON document; JSON lines for streams and exports',
  },
  url: {
    kind: 'parsed',
    parse: text,
    optional: true,
    brief: 'Talk to the daemon at this address',
    placeholder: 'URL',
  },
  token: {
    kind: 'parsed',
    parse: text,
    optional: true,
    brief: 'The token for the daemon at --url',
    placeholder: 'T',
  },
} as const;

/** All global flags, for the commands in which `--data` means what it says. */
export const GLOBAL_FLAGS = {
  ...SHARED_FLAGS,
  data: {
    kind: 'parsed',
    parse: text,
    optional: true,
    brief: 'The data directory (default: .signalbox beside the configuration)',
    placeholder: 'DIR',
  },
} as const;

const VALUED = ['config', 'data', 'url', 'token'] as const;

/**
 * Takes the global flags that stand before the command's name off the arguments.
 *
 * @throws SignalboxError `usage.invalid` where one lacks its value.
 */
export function takeLeadingGlobals(argv: readonly string[]): { globals: Globals; rest: string[] } {
  const rest = [...argv];
  const taken: Globals[] = [];
  for (let one = takeOne(rest); one !== undefined; one = takeOne(rest)) taken.push(one);
  return { globals: Object.assign({}, ...taken) as Globals, rest };
}

function takeOne(rest: string[]): Globals | undefined {
  const [first = '', second] = rest;
  if (first === '--json') {
    rest.shift();
    return { json: true };
  }
  const name = VALUED.find((flag) => first === `--${flag}` || first.startsWith(`--${flag}=`));
  if (name === undefined) return undefined;
  const inline = first.includes('=') ? first.slice(first.indexOf('=') + 1) : undefined;
  const value = inline ?? second;
  if (value === undefined) {
    throw new SignalboxError('usage.invalid', `--${name} needs a value, as in --${name}=VALUE.`);
  }
  rest.splice(0, inline === undefined ? 2 : 1);
  return { [name]: value };
}

/** The flags of the command itself win over those before its name. */
export function mergeGlobals(leading: Globals, own: Globals): Globals {
  const given = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...leading, ...Object.fromEntries(given) };
}
