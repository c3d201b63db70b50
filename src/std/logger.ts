import picocolors from 'picocolors';
import type { Clock } from './clock.ts';
import { escapeText, toJsonLine } from './escape.ts';
import type { Redact } from './redact.ts';

/**
 * Where the daemon says what it does. The message is a sentence that is the same each time; what
 * differs stands in the fields.
 */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = { readonly [name: string]: string | number | boolean | undefined };

/** Says nothing: for commands whose output is their result. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };

/** How entries are written, and where to. */
export interface LoggerOptions {
  /** `json` for programs, one object a line; `text` for people. */
  readonly format: 'text' | 'json';
  /** Gets one entry with its newline. What it throws costs that entry, never the caller. */
  readonly write: (line: string) => void;
  readonly clock: Clock;
  /** Takes secrets out of what is written. */
  readonly redact?: Redact;
  /** Whether text is coloured; false by default. */
  readonly color?: boolean;
}

/** How much of one text an entry shows: a step's output has a place of its own. */
export const LOG_TEXT_LENGTH_MAX = 8_192;

/**
 * A logger that writes one line an entry.
 *
 * Whatever a message or a field holds, no newline, escape sequence or reordering mark gets through:
 * it is shown escaped. Logging never throws, as a log that nobody can read any more must not stop
 * the work that it tells of.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { format, write, clock, color = false, redact = (text) => text } = options;
  const show = format === 'json' ? showJson : textIn(color);
  return { info: log('info'), warn: log('warn'), error: log('error') };

  function log(level: Level): Logger[Level] {
    return (message, fields = {}) => {
      const time = new Date(clock.now()).toISOString();
      try {
        const entry = { time, level, message: shortened(redact(message)) };
        write(`${show(entry, definedFields(fields, redact))}\n`);
      } catch {
        // A closed pipe, a full disk: there is no better place to say so than the one that failed.
      }
    };
  }
}

type Level = keyof Logger;

interface Entry {
  readonly time: string;
  readonly level: Level;
  readonly message: string;
}

/** The fields of an entry that have a value, texts cut to their limit. */
type Fields = readonly (readonly [name: string, value: string | number | boolean])[];

function definedFields(fields: LogFields, redact: Redact): Fields {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [[name, typeof value === 'string' ? shortened(redact(value)) : value] as const];
  });
}

function shortened(text: string): string {
  return text.length > LOG_TEXT_LENGTH_MAX ? `${text.slice(0, LOG_TEXT_LENGTH_MAX)}…` : text;
}

/** A field named as one of the entry's own keys does not replace it. */
function showJson(entry: Entry, fields: Fields): string {
  return toJsonLine({
    ...entry,
    ...Object.fromEntries(fields.filter(([name]) => !(name in entry))),
  });
}

function textIn(color: boolean): (entry: Entry, fields: Fields) => string {
  const { dim, red, yellow } = picocolors.createColors(color);
  const sentence = {
    info: (message: string) => message,
    warn: (message: string) => yellow(`warning: ${message}`),
    error: (message: string) => red(`error: ${message}`),
  };
  return ({ time, level, message }, fields) => {
    const pairs = fields.map(
      ([name, value]) => `${dim(`${escapeText(name)}=`)}${showValue(value)}`,
    );
    return [dim(time), sentence[level](escapeText(message)), ...pairs].join(' ');
  };
}

/** Quoted where a reader could not see where the value ends. */
function showValue(value: string | number | boolean): string {
  return /^[^\s"=]+$/.test(String(value)) ? escapeText(String(value)) : toJsonLine(value);
}
