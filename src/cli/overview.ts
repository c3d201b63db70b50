import type { Event } from '../events/event.ts';
import { formatDuration } from '../std/duration.ts';
import { escapeText } from '../std/escape.ts';
import { END_STATES } from '../store/contract.ts';
import type { Stats, Status } from '../views/engine-view.ts';
import type { EventView } from '../views/event-view.ts';
import type { RunView } from '../views/run-view.ts';
import { outcomeOf } from './event-text.ts';
import { formatTime } from './output.ts';
import { describePause } from './pause-text.ts';
import { formatSpan, toneOf } from './run-text.ts';
import { type Column, renderTable, type Tone } from './table.ts';
import type { Terminal } from './terminal.ts';

/** What the overview shows, all asked at about the same time. */
export interface Overview {
  readonly url: string | undefined;
  /** Milliseconds since an arbitrary start, as the clock counts them. */
  readonly at: number;
  readonly status: Status;
  readonly stats: Stats;
  /** The latest, newest first. */
  readonly runs: readonly RunView[];
  /** The latest, newest first, without those that runs make of themselves. */
  readonly events: readonly EventView[];
}

/** A line and its colour. */
export interface Line {
  readonly text: string;
  readonly tone: Tone;
}

/** How many flows with a queue, and how many sources, are shown. */
const ROWS_MAX = 8;

/** The overview as lines, the most asked for first: a small screen shows the beginning. */
export function overviewLines(now: Overview, before: Overview | undefined): Line[] {
  const { status, stats, runs, events } = now;
  return [
    ...summaryLines(now, before),
    ...section(stats.queue.slice(0, ROWS_MAX), QUEUE),
    ...section(status.sources.slice(0, ROWS_MAX), SOURCES),
    ...section(runs, RUNS),
    ...section(events, EVENTS),
  ];
}

function summaryLines(now: Overview, before: Overview | undefined): Line[] {
  const { url = '', status, stats } = now;
  const rate = rateBetween(before, now);
  const { runs } = stats;
  const states = [...OPEN, ...END_STATES].map((state) => [state, runs[state]] as const);
  const told = states.filter(([name, count]) => count > 0 || name === 'running');
  const counts = told.map(([name, count]) => `${count.toLocaleString('en')} ${name}`).join(', ');
  const behind = status.lag === 0 ? '' : `, ${status.lag.toLocaleString('en')} to be routed`;
  return [
    line(`signalbox ${status.state}  ${url}`, status.state === 'running' ? 'good' : 'busy'),
    ...status.degraded.map(({ part, reason }) => line(`  ${part}: ${reason}`, 'bad')),
    ...status.paused.map((pause) => line(`  paused: ${describePause(pause)}`, 'busy')),
    line(`events  ${stats.events.toLocaleString('en')} in the log${rate(eventsIn)}${behind}`),
    line(`runs    ${counts}`),
    ...(before === undefined ? [] : [line(`        begun${rate(begunIn)}, ended${rate(endedIn)}`)]),
    line(`slots   ${status.running} of ${status.slots} taken`),
  ];
}

/** The states of runs, in the order in which they are told. */
const OPEN = ['running', 'waiting', 'queued', 'paused'] as const;

const eventsIn = ({ events }: Stats): number => events;
const begunIn = ({ dispositions }: Stats): number => dispositions.started;
const endedIn = ({ runs }: Stats): number =>
  END_STATES.reduce((sum, state) => sum + runs[state], 0);

/** How often something counted has come between two looks: ` 1.5/s`; nothing at the first look. */
function rateBetween(
  before: Overview | undefined,
  now: Overview,
): (counted: (stats: Stats) => number) => string {
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1_000;
  return (counted) => {
    if (before === undefined || seconds <= 0) return '';
    const more = Math.max(0, counted(now.stats) - counted(before.stats));
    return ` ${(more / seconds).toFixed(1)}/s`;
  };
}

interface Shown<Row> {
  readonly columns: readonly Column<Row>[];
  readonly toneOf: (row: Row) => Tone;
}

const QUEUE: Shown<Stats['queue'][number]> = {
  columns: [
    { head: 'QUEUED', cell: ({ flow }) => flow },
    { head: 'RUNS', cell: ({ depth }) => depth.toLocaleString('en'), align: 'right' },
    { head: 'FOR', cell: ({ age_ms }) => formatDuration(age_ms), align: 'right' },
  ],
  toneOf: () => 'busy',
};

const SOURCES: Shown<Status['sources'][number]> = {
  columns: [
    { head: 'SOURCE', cell: ({ name }) => name },
    { head: 'STATE', cell: ({ state }) => state },
    { head: 'LAST EVENT', cell: ({ last_event: last }) => (last ? timeOfDay(last) : '') },
    { head: 'ERROR', cell: ({ error }) => error ?? '' },
  ],
  toneOf: ({ state }) => (state === 'running' ? 'plain' : 'bad'),
};

const RUNS: Shown<RunView> = {
  columns: [
    { head: 'RUN', cell: ({ id }) => id },
    { head: 'FLOW', cell: ({ flow }) => flow },
    { head: 'STATE', cell: ({ state }) => state },
    { head: 'STARTED', cell: ({ started }) => timeOfDay(started) },
    { head: 'TOOK', cell: ({ started, ended }) => formatSpan(started, ended), align: 'right' },
    { head: 'REASON', cell: ({ reason }) => reason ?? '' },
  ],
  toneOf: ({ state }) => toneOf(state),
};

const EVENTS: Shown<EventView> = {
  columns: [
    { head: 'EVENT', cell: ({ id }) => id },
    { head: 'RECEIVED', cell: ({ received }) => timeOfDay(received) },
    { head: 'TYPE', cell: ({ type }) => type },
    { head: 'SOURCE', cell: ({ source }: Event) => source },
    { head: 'OUTCOME', cell: outcomeOf },
  ],
  toneOf: () => 'plain',
};

/** A table is laid out without colour, so that a line can be cut before it is painted. */
const PLAIN: Pick<Terminal, 'width' | 'color'> = { width: Infinity, color: false };

function section<Row>(rows: readonly Row[], shown: Shown<Row>): Line[] {
  if (rows.length === 0) return [];
  const [heads = '', ...texts] = renderTable(rows, shown.columns, PLAIN).trimEnd().split('\n');
  return [
    line(''),
    line(heads, 'dim'),
    ...rows.map((row, i) => line(texts[i] ?? '', shown.toneOf(row))),
  ];
}

function line(text: string, tone: Tone = 'plain'): Line {
  return { text: escapeText(text), tone };
}

function timeOfDay(iso: string): string {
  return formatTime(iso).slice('2026-01-01 '.length);
}
