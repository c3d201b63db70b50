import { formatDuration } from '../std/duration.ts';
import { SignalboxError } from '../std/errors.ts';
import { escapeText, toJsonLine } from '../std/escape.ts';
import type { RunView, StepView } from '../views/run-view.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import {
  count,
  describePairs,
  escapeLines,
  formatTime,
  indent,
  printDocument,
  toJsonLines,
} from './output.ts';
import { between, formatSpan, toneOf } from './run-text.ts';
import { paint } from './table.ts';
import type { Terminal } from './terminal.ts';

/** How many lines of an output or of an error's detail are shown; --json has them all. */
const LINES_MAX = 20;

/** JSON of at most so many characters stands on one line. */
const SHORT_LENGTH = 80;

/** Shows one run: where it stands and why, and each step with attempts, times, key and output. */
export async function showRun(this: CliContext, flags: Globals, id: string): Promise<void> {
  const run = await using(await connect(this, flags), (client) => client.run(id));
  if (run === undefined) {
    const message = `There is no run "${escapeText(id)}". List the latest with: signalbox runs`;
    throw new SignalboxError('run.unknown', message);
  }
  if (wantsJson(this, flags)) return printDocument(this.terminal, run);
  await this.terminal.print(`${describe(run, this.terminal).join('\n')}\n`);
}

function describe(run: RunView, terminal: Terminal): string[] {
  const { id, flow, state, event, correlationid, started, ended, reason, steps } = run;
  const names = Math.max(...steps.map((step) => escapeText(step.id).length));
  return [
    ...describePairs([
      ['run', id],
      ['flow', flow],
      ['state', state],
      ['reason', reason],
      ['event', event],
      ['chain', correlationid === event ? null : correlationid],
      ['started', formatTime(started)],
      ['took', formatSpan(started, ended)],
    ]),
    '',
    'steps',
    ...steps.flatMap((step) => indent(describeStep(step, { names, started, terminal }))),
  ];
}

interface StepShowing {
  /** How wide the names of the steps are. */
  readonly names: number;
  /** When the run started. */
  readonly started: string;
  readonly terminal: Terminal;
}

function describeStep(step: StepView, { names, started, terminal }: StepShowing): string[] {
  const words = [
    escapeText(step.id).padEnd(names),
    paint(step.state.padEnd('succeeded'.length), toneOf(step.state), terminal),
    step.attempts === 0 ? '' : count(step.attempts, 'attempt'),
    step.started === null ? '' : `at +${formatDuration(between(started, step.started))}`,
    step.ended === null ? '' : `took ${formatSpan(step.started, step.ended)}`,
  ];
  const head = words
    .filter((word) => word !== '')
    .join('  ')
    .trimEnd();
  return [head, ...indent(step.started === null ? [] : describeInside(step))];
}

function describeInside({ key, output, error }: StepView): string[] {
  return [
    `key     ${escapeText(key)}`,
    ...(output === null ? [] : titled('output', outputLines(output))),
    ...(error === null ? [] : titled('error', [escapeText(`${error.message} [${error.code}]`)])),
    ...(error?.detail === undefined ? [] : titled('detail', escapeLines(error.detail))),
  ];
}

/** A text is shown as it is, and not as JSON: it mostly is what a command printed. */
function outputLines(output: StepView['output']): string[] {
  if (typeof output === 'string') return escapeLines(output);
  const short = toJsonLine(output);
  return short.length <= SHORT_LENGTH ? [short] : toJsonLines(output);
}

function titled(title: string, lines: readonly string[]): string[] {
  const shown = lines.slice(0, LINES_MAX);
  const rest = lines.length - shown.length;
  const all = rest > 0 ? [...shown, `… ${count(rest, 'line')} more; --json shows all`] : shown;
  return all.map((line, index) => `${(index === 0 ? title : '').padEnd(6)}  ${line}`);
}
