import { excerpt } from '../flows/cel/messages.ts';
import { formatDuration } from '../std/duration.ts';
import { escapeText, toJsonLine } from '../std/escape.ts';
import type { Usage } from '../runs/usage.ts';
import type { AttemptView } from '../views/attempt-view.ts';
import type { RunView, StepState, StepView } from '../views/run-view.ts';
import { count, escapeLines, formatTime, indent } from './output.ts';
import { between, formatSpan, toneOf } from './run-text.ts';
import { paint } from './table.ts';
import type { Terminal } from './terminal.ts';

/** How many lines of an error's detail are shown; --json has them all. */
const LINES_MAX = 20;
/** How many attempts at one step are shown: the last ones. */
const ATTEMPTS_MAX = 10;
/** How much of an output is shown where no terminal says how wide it is. */
const OUTPUT_WIDTH = 200;
/** A bar narrower than this says nothing; wider than this it says no more. */
const BAR_WIDTH_MIN = 16;
const BAR_WIDTH_MAX = 48;
const TITLE_WIDTH = 6;
/** How much of the reason of a branch stands on its line. */
const REASON_SHOWN_MAX = 120;

const MARKS: Readonly<Record<StepState, string>> = {
  pending: '·',
  skipped: '-',
  running: '▸',
  retrying: '↻',
  waiting: '…',
  unknown: '?',
  succeeded: '✓',
  noop: '○',
  failed: '✗',
  proposed: '⧖',
  declined: '⊘',
  cancelled: '■',
};

/**
 * The steps of a run as a trace: each with its state, its attempts, when it ran and how long, on a
 * wide terminal as a bar within the time of the run, and below what there is to know of it.
 */
export function traceLines(run: RunView, terminal: Terminal, now: number): string[] {
  const heads = run.steps.map((step) => headOf(step, run));
  const width = Math.max(0, ...heads.map(({ length }) => length)) + '✓ '.length;
  const bar = Math.min(BAR_WIDTH_MAX, terminal.width - width - 2 * '  '.length);
  const drawn = Number.isFinite(terminal.width) && bar >= BAR_WIDTH_MIN;
  const span = spanOf(run, now);
  return run.steps.flatMap((step, index) => {
    const { state } = step;
    const head = heads[index] ?? '';
    const named = `${paint(MARKS[state] ?? '·', toneOf(state), terminal)} ${head}`;
    const gap = ' '.repeat(width - head.length);
    const line = drawn
      ? `${named}${gap}${paint(barOf(step.tries, span, bar), toneOf(state), terminal)}`
      : named;
    const isTold = step.started !== null || step.decision !== null;
    const inside = isTold ? insideOf(step, run, terminal) : [];
    return indent([line.trimEnd(), ...indent(inside, 2 * '  '.length)]);
  });
}

/** What stands on a step's line before its bar, in columns. */
function headOf(step: StepView, { started, steps }: RunView): string {
  const pad = (text: (step: StepView) => string): string =>
    text(step).padEnd(Math.max(...steps.map((each) => text(each).length)));
  const columns = [
    pad(({ id }) => escapeText(id)),
    pad(({ kind }) => escapeText(kind ?? '')),
    pad(({ state }) => state),
    pad(({ attempts }) => (attempts === 0 ? '' : count(attempts, 'attempt'))),
    pad((each) => (each.started === null ? '' : `at ${sinceStart(started, each.started)}`)),
    pad(({ started: begun, ended }) => {
      return begun === null || ended === null ? '' : `took ${formatSpan(begun, ended)}`;
    }),
  ];
  return columns
    .filter((column) => column !== '')
    .join('  ')
    .trimEnd();
}

function insideOf(step: StepView, run: RunView, terminal: Terminal): string[] {
  const { key, output, error, tries, state, decision, usage } = step;
  const goesOn = state === 'retrying' || state === 'waiting';
  return [
    ...titled('key', [escapeText(key)]),
    ...(tries.length > 1 ? triesOf(tries, run) : []),
    ...(goesOn && run.due !== null ? titled('due', [formatTime(run.due)]) : []),
    ...titled('runs', openedLines(step)),
    ...(decision === null ? [] : titled(output === null ? 'skip' : 'set', [saidBy(decision)])),
    ...(output === null ? [] : titled('output', [outputLine(output, terminal)])),
    ...(usage === null ? [] : titled('tokens', [escapeText(paidFor(usage))])),
    ...(error === null ? [] : titled('error', [escapeText(`${error.message} [${error.code}]`)])),
    ...(error?.detail === undefined ? [] : titled('detail', shortened(error.detail))),
  ];
}

/** How many branches a step has, and the first of the runs that it opened. */
function openedLines({ branches, opened }: StepView): string[] {
  const { count: all = opened.length, ...states } = branches ?? {};
  const known = Object.values(states).reduce((sum, number) => sum + number, 0);
  const counts = Object.entries(states).map(([state, number]) => `${number} ${state}`);
  const more = branches === null ? 0 : known - opened.length;
  return [
    ...(branches === null ? [] : [`${all} branches: ${counts.join(', ')}`]),
    ...opened.map(({ id, flow, state, branch, reason }) => {
      const what = branch === null ? `flow ${flow}` : `branch ${branch + 1}`;
      const why = reason === null ? '' : `  ${excerpt(reason, REASON_SHOWN_MAX)}`;
      return escapeText(`${id}  ${what}  ${state}${why}`);
    }),
    ...(more > 0 ? [`… ${more} more; runs show RUN --json counts all`] : []),
  ];
}

function paidFor({ input_tokens, output_tokens, cost, model }: Usage): string {
  const price = cost === undefined ? '' : `, cost ${plainNumber(cost)}`;
  const who = model === undefined ? '' : `, by ${model}`;
  return `${input_tokens} in, ${output_tokens} out${price}${who}`;
}

/** Without the exponent that small numbers are written with. */
function plainNumber(value: number): string {
  return value.toFixed(8).replace(/\.?0+$/, '');
}

function saidBy({ by, reason }: NonNullable<StepView['decision']>): string {
  return escapeText(reason === null ? `by ${by}` : `by ${by}: ${reason}`);
}

function triesOf(tries: readonly AttemptView[], { started }: RunView): string[] {
  const shown = tries.slice(-ATTEMPTS_MAX);
  const lines = shown.map(({ attempt, started: begun, ended, outcome, error }) => {
    const took = ended === null ? '' : `  took ${formatSpan(begun, ended)}`;
    const why = error === null ? '' : ` (${error.code})`;
    return escapeText(`${attempt}  at ${sinceStart(started, begun)}${took}  ${outcome}${why}`);
  });
  const more = tries.length - shown.length;
  return titled('tries', more > 0 ? [`… ${more} earlier`, ...lines] : lines);
}

/** A text is shown as it is, and not as JSON: it mostly is what a command printed. */
function outputLine(output: StepView['output'], { width }: Terminal): string {
  const text = typeof output === 'string' ? (escapeLines(output)[0] ?? '') : toJsonLine(output);
  const whole = typeof output !== 'string' || escapeLines(output).length === 1;
  const room = Number.isFinite(width) ? Math.max(BAR_WIDTH_MIN, width - 16) : OUTPUT_WIDTH;
  if (text.length > room) return `${text.slice(0, room)}… (--json shows all)`;
  return whole ? text : `${text} … (--json shows all)`;
}

function shortened(detail: string): string[] {
  const lines = escapeLines(detail);
  const rest = lines.length - LINES_MAX;
  if (rest <= 0) return lines;
  return [...lines.slice(0, LINES_MAX), `… ${count(rest, 'line')} more; --json shows all`];
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.map((line, index) =>
    `${(index === 0 ? title : '').padEnd(TITLE_WIDTH)}  ${line}`.trimEnd(),
  );
}

function sinceStart(started: string, time: string): string {
  return `+${formatDuration(between(started, time))}`;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** From the start of the run to its end, or to now while it is open. */
function spanOf({ started, ended }: RunView, now: number): Span {
  const from = Date.parse(started);
  return { from, to: Math.max(from, ended === null ? now : Date.parse(ended)) };
}

/** When a step's attempts ran (`█`), and the pauses between them (`░`). */
function barOf(tries: readonly AttemptView[], { from, to }: Span, width: number): string {
  const cells = Array.from({ length: width }, () => ' ');
  const cellAt = (time: number): number => {
    const part = to === from ? 0 : (time - from) / (to - from);
    return Math.min(width - 1, Math.max(0, Math.floor(part * width)));
  };
  const [first] = tries;
  if (first === undefined) return '';
  const ends = tries.map(({ ended }) => (ended === null ? to : Date.parse(ended)));
  cells.fill('░', cellAt(Date.parse(first.started)), cellAt(Math.max(...ends)) + 1);
  for (const [index, { started }] of tries.entries()) {
    // An attempt that was cut short is over when the next begins.
    const next = tries[index + 1];
    const end = Math.min(ends[index] ?? to, next === undefined ? to : Date.parse(next.started));
    cells.fill('█', cellAt(Date.parse(started)), cellAt(end) + 1);
  }
  return cells.join('');
}
