import { relative } from 'node:path';
import type { BadFiles, Plan } from '../config/definitions.ts';
import type { FlowChange, PartChange, StepsChange } from '../flows/difference.ts';
import type { Finding } from '../std/diagnostics.ts';
import { escapeText } from '../std/escape.ts';
import { findingLines } from './configuration.ts';
import type { CliContext } from './context.ts';
import { exitCodeOfFindings } from './exit-code.ts';
import { count, printDocument } from './output.ts';
import { paint, type Tone } from './table.ts';
import type { Terminal } from './terminal.ts';

/** What a change of files comes to, a line a flow and then a line a subject. */
export function planLines(plan: Plan, terminal: Pick<Terminal, 'color'>): string[] {
  const line = (sign: string, tone: Tone, text: string): string =>
    paint(`${sign} ${escapeText(text)}`, tone, terminal);
  return [
    ...plan.added.map((flow) => line('+', 'good', flow)),
    ...plan.removed.map((flow) => line('-', 'bad', flow)),
    ...plan.changed.map((change) => line('~', 'busy', changeText(change))),
    summaryOf(plan),
    ...sourceLines(plan),
    ...settingsLines(plan),
    ...plan.weaker.map((what) => line('!', 'bad', `protects less than before: ${what}`)),
    ...pinnedLine(plan),
  ];
}

/** `release: triggers; steps: +publish, ~notes` */
function changeText({ flow, parts }: FlowChange): string {
  return `${flow}: ${parts.map(partText).join('; ')}`;
}

function partText({ part, steps }: PartChange): string {
  // A part's name is the engine's: `onFailure` is "on failure" to people.
  const name = part.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const differences = steps === undefined ? [] : stepTexts(steps);
  return differences.length === 0 ? name : `${name}: ${differences.join(', ')}`;
}

function stepTexts({ added, removed, changed, reordered }: StepsChange): string[] {
  return [
    ...added.map((id) => `+${id}`),
    ...removed.map((id) => `-${id}`),
    ...changed.map((id) => `~${id}`),
    ...(reordered ? ['reordered'] : []),
  ];
}

function summaryOf({ added, removed, changed, unchanged }: Plan): string {
  if (added.length + removed.length + changed.length === 0) {
    return `No flow changes; there ${unchanged === 1 ? 'is' : 'are'} ${count(unchanged, 'flow')}.`;
  }
  const counts = [
    [added.length, 'added'],
    [removed.length, 'removed'],
    [changed.length, 'changed'],
    [unchanged, 'unchanged'],
  ] as const;
  const told = counts.filter(([number]) => number > 0);
  return `Flows: ${told.map(([number, what]) => `${number} ${what}`).join(', ')}.`;
}

/** `Sources: +webhook:deploy, ~schedule:weekly.` */
function sourceLines({ sources: { added, removed, changed } }: Plan): string[] {
  const told = [
    ...added.map((name) => `+${name}`),
    ...removed.map((name) => `-${name}`),
    ...changed.map((name) => `~${name}`),
  ];
  return told.length === 0 ? [] : [`Sources: ${escapeText(told.join(', '))}.`];
}

/** `Settings: gates.threshold.` and `Needs a restart: port, security.http_allow.` */
function settingsLines({ settings, needs_restart }: Plan): string[] {
  const others = settings.filter((name) => !needs_restart.includes(name));
  return [
    ...(others.length === 0 ? [] : [`Settings: ${escapeText(others.join(', '))}.`]),
    ...(needs_restart.length === 0
      ? []
      : [`Needs a restart: ${escapeText(needs_restart.join(', '))}.`]),
  ];
}

function pinnedLine({ pinned }: Plan): string[] {
  const byFlow = new Map<string, number>();
  for (const { flow, runs } of pinned) byFlow.set(flow, (byFlow.get(flow) ?? 0) + runs);
  if (byFlow.size === 0) return [];
  const told = Array.from(byFlow, ([flow, runs]) => `${runs} of ${escapeText(flow)}`);
  return [`Open runs that go on as they began: ${told.join(', ')}.`];
}

/** Prints what is wrong with files as `check` does, and sets the exit code. */
export async function printBadFiles(
  context: CliContext,
  bad: BadFiles,
  { json }: { readonly json: boolean },
): Promise<void> {
  context.process.exitCode = exitCodeOfFindings(bad.findings);
  if (json) return printDocument(context.terminal, bad);
  await context.terminal.print(`${badFilesLines(context, bad).join('\n')}\n`);
}

/** What is wrong with files, a line a finding, and that nothing has changed. */
export function badFilesLines(context: CliContext, { findings }: BadFiles): string[] {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return [...linesOf(findings, context), `${count(errors, 'error')}; what is in force stays.`];
}

/** Writes the warnings about files that are good to standard error. */
export function noteWarnings(context: CliContext, { findings }: Plan): void {
  for (const line of linesOf(findings, context)) context.terminal.note(`${line}\n`);
}

function linesOf(findings: readonly Finding[], { workingDirectory }: CliContext): string[] {
  return findingLines(
    findings.map((finding) => {
      // A daemon names files by their whole paths; below here, the user would not.
      const path = relative(workingDirectory, finding.file);
      return path.startsWith('..') ? finding : { ...finding, file: path };
    }),
  );
}
