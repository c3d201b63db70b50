import { diffTitle, splitDiff } from '../gates/content-diff.ts';
import type { Content, QuestionContent } from '../gates/content.ts';
import { escapeText } from '../std/escape.ts';
import type { Json } from '../std/json.ts';
import type { DecisionView, ProposalView } from '../views/proposal-view.ts';
import { describePairs, escapeLines, formatTime, indent, toJsonLines } from './output.ts';
import { paint, type Tone } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Lines of one part that are shown before its end: the end is always shown too. */
const LINES_HEAD = 200;
const LINES_TAIL = 20;
/** How much of a line stands before its end, of which as much is always shown too. */
const LINE_HEAD = 2_000;
const LINE_TAIL = 200;

/** What would run, on one line. */
export function contentLine(content: Content): string {
  switch (content.kind) {
    case 'command':
      return `run ${content.argv.map(quoted).join(' ')}`;
    case 'file':
      return `write ${content.path}`;
    case 'http':
      return `${content.method} ${content.url}`;
    case 'tool':
      return `${content.tool}${content.action === null ? '' : ` ${content.action}`}`;
    case 'message':
      return `tell ${content.to}`;
    case 'plan':
      return content.text;
    case 'question':
      return content.question;
    case 'step':
      return content.step;
  }
}

/**
 * A proposal as somebody decides on it: what would run stands first and whole, each argument on a
 * line of its own, and no character in it does anything to the terminal or to the eye.
 */
export function proposalLines(proposal: ProposalView, terminal: Terminal): string[] {
  const { id, state, run, flow, step, risk, reasons, hash, expires, decision } = proposal;
  const { summary, approvers, quorum, approved, proposers, unbound, files, evidence } = proposal;
  const head = describePairs([
    ['proposal', id],
    ['state', state],
    ['flow', flow],
    ['step', step],
    ['run', run],
    ['risk', risk],
    ['because', reasons.join(' ')],
    ['expires', expires === null ? null : formatTime(expires)],
    ['approvers', approvers.length === 0 ? 'whoever may decide' : approvers.join(', ')],
    ['approved', quorum === 1 ? null : `${approved.length} of ${quorum}: ${approved.join(', ')}`],
    ['proposed by', proposers.join(', ')],
    ['decision', decision && decisionText(decision)],
    ['hash', hash],
  ]);
  return [
    ...head,
    ...part('what would run', contentLines(proposal.content)),
    ...part(diffTitle(proposal.content), diffLines(proposal.content, terminal)),
    ...part('said of it', summary === null ? [] : escapeLines(summary)),
    ...part(
      'bound files',
      files.map(({ path, sha256 }) => `${sha256 ?? 'absent'}  ${escapeText(path)}`),
    ),
    ...part('not bound', unbound.map(escapeText)),
    ...part('evidence', evidence.map(evidenceLine)),
  ];
}

function part(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...indent(shortened(lines))];
}

/** Long things do not hide the rest: their beginning and their end are shown. */
function shortened(lines: readonly string[]): string[] {
  const cut = lines.map(shortLine);
  const rest = cut.length - LINES_HEAD - LINES_TAIL;
  if (rest <= 0) return cut;
  const more = `… ${rest} lines more; --json shows all …`;
  return [...cut.slice(0, LINES_HEAD), more, ...cut.slice(-LINES_TAIL)];
}

function shortLine(line: string): string {
  const rest = line.length - LINE_HEAD - LINE_TAIL;
  if (rest <= 0) return line;
  return `${line.slice(0, LINE_HEAD)} … ${rest} characters more … ${line.slice(-LINE_TAIL)}`;
}

function contentLines(content: Content): string[] {
  switch (content.kind) {
    case 'command':
      return [
        ...content.argv.map(
          (argument, index) => `${index === 0 ? 'program' : `  arg ${index}`}  ${quoted(argument)}`,
        ),
        `in       ${quoted(content.directory)}`,
        ...(content.environment.length === 0
          ? []
          : [`with     ${content.environment.map(escapeText).join(', ')}`]),
        ...(content.stdin === null ? [] : [`stdin    SHA-256 ${content.stdin}`]),
      ];
    case 'file':
      return [`${content.before === null ? 'new file' : 'file'}  ${quoted(content.path)}`];
    case 'http':
      return [
        `${content.method} ${quoted(content.url)}`,
        ...(content.headers.length === 0
          ? []
          : [`headers  ${content.headers.map(escapeText).join(', ')}`]),
        ...valueLines(content.body),
      ];
    case 'tool': {
      const { rest } = splitDiff(content);
      const action = content.action === null ? '' : ` ${quoted(content.action)}`;
      return [
        `tool ${quoted(content.tool)}${action}`,
        ...(content.argv ?? []).map((argument, index) => `  arg ${index}  ${quoted(argument)}`),
        ...valueLines(rest.kind === 'tool' ? rest.with : null),
      ];
    }
    case 'message': {
      const about = content.subject === null ? '' : `, about ${quoted(content.subject)}`;
      return [`to ${quoted(content.to)}${about}`, ...valueLines(content.body)];
    }
    case 'plan':
      return escapeLines(content.text);
    case 'question':
      return questionLines(content);
    case 'step':
      return [`step of kind ${quoted(content.step)}`, ...valueLines(content.input)];
  }
}

function questionLines({ question, choices, choice, act, by }: QuestionContent): string[] {
  return [
    ...escapeLines(question),
    ...(choices.length === 0 ? [] : [`choices  ${choices.map(quoted).join(', ')}`]),
    ...(choice === null ? [] : [`a yes is ${quoted(choice)}`]),
    `asked by ${escapeText(by)}`,
    ...valueLines(act),
  ];
}

/** The diff in what would run, by lines. */
function diffLines(content: Content, terminal: Terminal): string[] {
  const { diff } = splitDiff(content);
  const lines = diff === null || diff === '' ? [] : diff.split('\n');
  return lines.map((line) => paint(escapeText(line), toneOf(line), terminal));
}

function toneOf(line: string): Tone {
  if (line.startsWith('+')) return 'good';
  return line.startsWith('-') ? 'bad' : 'plain';
}

function valueLines(value: Json): string[] {
  if (value === null) return [];
  return typeof value === 'string' ? escapeLines(value) : toJsonLines(value);
}

/** In marks where it is not plain, so that blanks and empty arguments can be seen. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${escapeText(text).replaceAll('"', '\\"')}"`;
}

function evidenceLine(item: Json): string {
  return toJsonLines(item)
    .map((line) => line.trim())
    .join(' ');
}

/** Such as `approved by lead#… at …: looks good`. */
export function decisionText({ by, at, decision, reason, policy }: DecisionView): string {
  const whom = policy === null ? by : `policy ${policy}`;
  return `${PAST[decision]} by ${whom} at ${formatTime(at)}${reason === null ? '' : `: ${reason}`}`;
}

const PAST = {
  approve: 'approved',
  reject: 'rejected',
  return: 'returned',
  expire: 'expired',
  withdraw: 'withdrawn',
} as const;
