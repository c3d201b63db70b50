import type { Event } from '../events/event.ts';
import { isOwnType } from '../events/own-types.ts';
import { RUN_ENDS } from '../runs/journal.ts';
import { formatDuration } from '../std/duration.ts';
import { escapeText } from '../std/escape.ts';
import { isObject, type Json } from '../std/json.ts';
import { formatTime } from './output.ts';
import { between } from './run-text.ts';
import { paint, type Tone } from './table.ts';
import type { Terminal } from './terminal.ts';

/** How many open runs are remembered: of older ones the log says no more how long they took. */
const RUNS_MAX = 1_000;
/** How much of an event's data, or of an error, one line shows. */
const TEXT_LENGTH_MAX = 120;

/** What is remembered of a run that is open. */
interface OpenRun {
  readonly name: string;
  readonly began: string;
  /** When its step began that is under way, as far as the log says. */
  readonly stepBegan: string;
}

/**
 * The log as a person follows it: a line for each event from outside, and one for each run with its
 * steps below it. Whatever an event holds, nothing of it does anything to a terminal.
 */
export class LiveLog {
  readonly #terminal: Pick<Terminal, 'color'>;
  readonly #runs = new Map<string, OpenRun>();

  constructor(terminal: Pick<Terminal, 'color'>) {
    this.#terminal = terminal;
  }

  /** The lines that tell a record of the log, in its order; none for what nobody would miss. */
  lines(event: Event): string[] {
    const time = paint(formatTime(event.received).slice(TIME_AT), 'dim', this.#terminal);
    const told = isOwnType(event.type) ? this.#own(event) : [this.#foreign(event)];
    return told.map((line) => `${time}  ${line}`);
  }

  #foreign({ seq, type, source, subject = '', data }: Event): string {
    const about = [`from ${source}`, subject, dataText(data)].filter((part) => part !== '');
    return `${this.#head(seq, 'event', type)}  ${this.#dim(about.map(escapeText).join('  '))}`;
  }

  #own(event: Event): string[] {
    const { type, data, seq, subject = '' } = event;
    const fields = isObject(data) ? data : {};
    if (type === 'run.started' || type === 'branch.started') return this.#started(event, fields);
    const [noun, verb = ''] = type.split('.');
    if (noun === 'run' || noun === 'branch') return this.#moved(event, verb, fields);
    if (noun === 'step') return this.#step(event, verb, fields);
    if (UNTOLD.has(type)) return [];
    const told = noun === 'notification' ? messageText(fields) : dataText(data);
    const about = [type, subject, told].filter((part) => part !== '');
    const text = `${number(seq)}  ${escapeText(about.join('  '))}`;
    return [paint(text, LOUD.test(type) ? 'bad' : 'dim', this.#terminal)];
  }

  #started({ id, seq, received }: Event, { flow, event }: Fields): string[] {
    const name = typeof flow === 'string' ? flow : 'branch';
    this.#remember(id, { name, began: received, stepBegan: received });
    if (typeof flow !== 'string') return [];
    const cause = typeof event === 'number' ? this.#dim(`for #${event}`) : '';
    return [`${this.#head(seq, 'run', name)}  ${cause}`];
  }

  #moved(event: Event, verb: string, fields: Fields): string[] {
    const { causationid = '', received } = event;
    const run = this.#runs.get(causationid);
    const isEnd = RUN_ENDS.has(`run.${verb}`);
    // The last step's result is the run's own.
    const step = LAST_STEP.get(verb);
    const last = step === undefined ? [] : this.#step(event, step, fields);
    if (isEnd) this.#runs.delete(causationid);
    const took = run && isEnd ? ` after ${formatDuration(between(run.began, received))}` : '';
    const text = escapeText(`${run?.name ?? 'run'} ${verb.replaceAll('_', ' ')}${took}`);
    return [...last, `${of(causationid)}  ${paint(text, toneOfEnd(verb), this.#terminal)}`];
  }

  #step({ causationid = '', received }: Event, verb: string, fields: Fields): string[] {
    const run = this.#runs.get(causationid);
    if (run !== undefined) this.#remember(causationid, { ...run, stepBegan: received });
    const { step } = fields;
    // That a step begins is told by what comes of it.
    if (verb === 'started' || typeof step !== 'string') return [];
    const took = run ? `  ${formatDuration(between(run.stepBegan, received))}` : '';
    const { sign, tone } = STEP_SIGNS[verb] ?? { sign: '·', tone: 'plain' };
    const what = verb === 'completed' ? '' : `  ${verb.replaceAll('_', ' ')}${errorText(fields)}`;
    const name = paint(`${sign} ${escapeText(step)}`, tone, this.#terminal);
    return [`${of(causationid)}    ${name}${escapeText(what)}${this.#dim(took)}`];
  }

  #remember(id: string, run: OpenRun): void {
    this.#runs.set(id, run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > RUNS_MAX && oldest !== undefined) this.#runs.delete(oldest);
  }

  #head(seq: number, kind: string, name: string): string {
    return `${number(seq)}  ${this.#dim(kind.padEnd(5))}  ${escapeText(name)}`;
  }

  #dim(text: string): string {
    return paint(text, 'dim', this.#terminal);
  }
}

/** Over which channel somebody was told, or not, and what. */
function messageText({ channel, to, message, reason, muted }: Fields): string {
  const parts = [channel, to, message, reason].filter((part) => typeof part === 'string');
  const told = muted === true ? [...parts, '(muted)'] : parts;
  return told.filter((part) => part !== '').join('  ');
}

type Fields = { readonly [name: string]: Json | undefined };

/** Where the time of day begins in a local time. */
const TIME_AT = '2026-01-01 '.length;
/** As wide as the numbers of a long day of work. */
const NUMBER_WIDTH = 6;
/** What became of the last step of a run that ended so. */
const LAST_STEP: ReadonlyMap<string, string> = new Map([
  ['succeeded', 'completed'],
  ['failed', 'failed'],
  ['failing', 'failed'],
]);
/** What the command line itself says, or what every start brings. */
const UNTOLD: ReadonlySet<string> = new Set([
  'catalog.activated',
  'catalog.refused',
  'daemon.started',
  'notification.requested',
  'receipts.counted',
  'source.reconciled',
  'source.started',
  'source.stopped',
]);
/** What is told as a trouble. */
const LOUD = /rejected|degraded|stale|dead_lettered|dropped|escalation|undeliverable/;

const STEP_SIGNS: Readonly<Record<string, { readonly sign: string; readonly tone: Tone }>> = {
  completed: { sign: '✓', tone: 'good' },
  failed: { sign: '✗', tone: 'bad' },
  unknown: { sign: '?', tone: 'bad' },
  retrying: { sign: '↻', tone: 'busy' },
};

function toneOfEnd(verb: string): Tone {
  if (verb === 'succeeded') return 'good';
  return verb === 'failed' || verb === 'failing' || verb === 'stuck' ? 'bad' : 'busy';
}

/** `#12`, as every command takes it. */
function number(seq: number): string {
  return `#${seq}`.padStart(NUMBER_WIDTH);
}

/** The number of a run in its id. */
function of(id: string): string {
  return `#${id.slice(id.lastIndexOf('-') + 1)}`.padStart(NUMBER_WIDTH);
}

function errorText({ error }: Fields): string {
  const message = isObject(error) ? error['message'] : undefined;
  return typeof message === 'string' ? `: ${shortened(message)}` : '';
}

/** What an event is about: the files it names, else its data. */
function dataText(data: Json): string {
  if (data === null) return '';
  const files = isObject(data) ? data['files'] : undefined;
  if (Array.isArray(files)) return shortened(files.map(String).join(', '));
  return shortened(typeof data === 'string' ? data : JSON.stringify(data));
}

function shortened(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
}
