import { escapeText } from '../std/escape.ts';
import { isObject, type Json } from '../std/json.ts';
import type { Difference, Doing } from '../runs/recorded/compare.ts';
import type { EventName } from '../views/replay-preview.ts';
import type { RecordedReplay, ReplayedRun } from '../views/recorded-replay.ts';
import type { Client } from './client.ts';
import { wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import type { Globals } from './globals.ts';
import { count, formatTime, indent, printJsonLine } from './output.ts';

/** How many runs came to what, so far. */
export interface RecordedSums {
  events: number;
  same: number;
  differs: number;
  unknown: number;
}

/** Nothing is compared yet. */
export const NO_SUMS: Readonly<RecordedSums> = { events: 0, same: 0, differs: 0, unknown: 0 };

/** What a comparison is made with, and where it is counted. */
export interface Comparing {
  readonly client: Client;
  readonly sums: RecordedSums;
  readonly flow?: string | undefined;
}

/**
 * Compares the runs of one event with what they would be now, and says it; sets the exit code to 1
 * where one of them differs. Of many events those that concern no flow are of no interest.
 */
export async function compareRecorded(
  context: CliContext,
  flags: Globals,
  { client, sums, flow }: Comparing,
  name: EventName,
): Promise<void> {
  const { terminal } = context;
  const replay = await client.replays.recorded(name, flow);
  if ('seq' in name && replay.flows.length === 0) return;
  sums.events++;
  for (const { outcome } of replay.flows) sums[outcome]++;
  if (sums.differs > 0) context.process.exitCode = EXIT.failed;
  if (wantsJson(context, flags)) return printJsonLine(terminal, replay);
  await terminal.print(`${recordedLines(replay).join('\n')}\n`);
}

/** `12 events: 14 runs the same, 1 differs, 2 cannot be compared.` */
export function sumsText({ events, same, differs, unknown }: RecordedSums): string {
  const parts = [
    `${count(same, 'run')} the same`,
    ...(differs > 0
      ? [`${differs.toLocaleString('en')} ${differs === 1 ? 'differs' : 'differ'}`]
      : []),
    ...(unknown > 0 ? [`${unknown.toLocaleString('en')} cannot be compared`] : []),
  ];
  return `${count(events, 'event')}: ${parts.join(', ')}; nothing was called or recorded`;
}

function recordedLines({ event, received, type, flows }: RecordedReplay): string[] {
  const head = `${event}  ${formatTime(received)}  ${escapeText(type)}`;
  if (flows.length === 0) return [`${head}  concerns no flow`];
  return [head, ...flows.flatMap((run) => indent(runLines(run)))];
}

function runLines({ flow, run, outcome, steps, open, difference, reason }: ReplayedRun): string[] {
  const name = `${escapeText(flow)}${run === null ? '' : `  ${escapeText(run)}`}`;
  if (difference !== null) {
    return [`${name}  differs ${placeText(difference)}`, ...indent(differenceLines(difference))];
  }
  const so = open ? ' so far' : '';
  const why = reason === null ? '' : `: ${escapeText(reason)}`;
  const behind = steps === 0 ? '' : `the same for ${count(steps, 'step')}, then `;
  if (outcome === 'unknown') return [`${name}  ${behind}cannot be compared${why}`];
  if (outcome === 'differs') return [`${name}  differs${why}`];
  return [`${name}  the same${so}, ${count(steps, 'step')}${why}`];
}

function placeText({ within, then, now }: Difference): string {
  const step = now?.step ?? then?.step;
  const where = within === '' ? '' : ` in ${escapeText(within)}`;
  return step === undefined || step === null
    ? `at its end${where}`
    : `at ${escapeText(step)}${where}`;
}

function differenceLines({ what, then, now }: Difference): string[] {
  switch (what) {
    case 'added':
      return [
        `then  ${doingText(then)}`,
        `now   no record: would call ${doingText(now)}, which is new`,
      ];
    case 'record':
      return [`then  ${doingText(then)}`, `now   no record: ${doingText(now)}`];
    case 'gate':
      return [doingText(now), 'is asked about by one definition, and not by the other'];
    case 'gone':
      return [`then  ${doingText(then)}`, `now   it is gone; next comes ${doingText(now)}`];
    case 'input':
    case 'other':
    case 'end':
      return [`then  ${doingText(then)}`, `now   ${doingText(now)}`];
  }
}

function doingText(doing: Doing | null): string {
  if (doing === null) return 'it stops for a person';
  const { step, does, input, problem } = doing;
  const why = problem === null ? '' : ` (${escapeText(problem)})`;
  if (step === null) return `it ends ${does ?? ''}${inputText(input)}${why}`;
  return `${escapeText(step)}${does === null ? '' : ` ${does}`}${inputText(input)}${why}`;
}

/** Of a step's mapping, what stands beside its kind. */
function inputText(input: Json): string {
  if (input === null) return '';
  const [only, ...more] = isObject(input) ? Object.values(input) : [];
  const shown = only !== undefined && more.length === 0 ? only : input;
  return ` ${escapeText(JSON.stringify(shown))}`;
}
