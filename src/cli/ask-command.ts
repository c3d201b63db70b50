import { text as readAll } from 'node:stream/consumers';
import { messageOf, SignalboxError } from '../std/errors.ts';
import type { QuestionView } from '../views/question-view.ts';
import { claudeAnswer, type ClaudeAnswer, type ClaudeCall, readClaudeCall } from './claude-hook.ts';
import { connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import type { Globals } from './globals.ts';
import { escapeLines, printDocument } from './output.ts';

/** The flags of `ask`. */
export interface AskFlags extends Globals {
  readonly choices?: readonly string[] | undefined;
  readonly timeout?: number | undefined;
  readonly approvers?: readonly string[] | undefined;
  readonly claudeHook?: boolean | undefined;
}

/** What a daemon is asked to ask. */
export interface AskRequest {
  readonly question: string;
  readonly choices?: readonly string[] | undefined;
  /** A duration. */
  readonly timeout?: string | undefined;
  readonly approvers?: readonly string[] | undefined;
  readonly act?: ClaudeCall['act'] | undefined;
}

/** How long one request to the daemon waits for the answer. */
const WAIT_MS = 30_000;

/** Asks a person and waits: 0 approved, 3 rejected, 4 expired. */
export async function ask(this: CliContext, flags: AskFlags, question?: string): Promise<void> {
  if (flags.claudeHook === true) return answerClaude(this, flags);
  if (question === undefined || question.trim() === '') {
    throw new SignalboxError('usage.invalid', 'Say what is asked: signalbox ask "Deploy now?"');
  }
  const { choices, timeout, approvers } = flags;
  const answer = await askAndWait(this, flags, {
    question,
    choices,
    timeout: written(timeout),
    approvers,
  });
  this.process.exitCode = exitCodeOf(answer);
  if (wantsJson(this, flags)) return printDocument(this.terminal, answer);
  const { choice, state } = answer;
  await this.terminal.print(`${escapeLines(choice ?? sentenceOf(answer)).join('\n')}\n`);
  if (choice === null || state !== 'approved') return;
  this.terminal.note(`${sentenceOf(answer)}\n`);
}

function written(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${ms}ms`;
}

function exitCodeOf({ state }: QuestionView): number {
  if (state === 'approved') return EXIT.done;
  return state === 'expired' ? EXIT.timedOut : EXIT.rejected;
}

function sentenceOf({ state, by, reason, policy }: QuestionView): string {
  const who = policy === null ? by : `policy ${policy}`;
  return `${state} by ${who ?? 'nobody'}${reason === null ? '' : `: ${reason}`}`;
}

async function askAndWait(
  context: CliContext,
  flags: Globals,
  request: AskRequest,
): Promise<QuestionView> {
  const client = await connectToDaemon(context, flags);
  return using(client, async () => {
    let answer = await client.ask(request);
    if (answer.state === 'open') noteQuestion(context, answer);
    while (answer.state === 'open') answer = await client.question(answer.id ?? '', `${WAIT_MS}ms`);
    return answer;
  });
}

function noteQuestion({ terminal }: CliContext, { id, expires }: QuestionView): void {
  const until = expires === null ? '' : `, until ${expires}`;
  terminal.note(`asked as proposal ${id}; waiting for an answer${until}\n`);
}

/**
 * Answers a `PreToolUse` hook of Claude Code. What only reads, and what no rule wants a person to
 * see, is left to Claude Code's own permissions; where no daemon can be asked, so is everything.
 */
async function answerClaude(context: CliContext, flags: AskFlags): Promise<void> {
  const call = readClaudeCall(await readAll(context.stdin), context.workingDirectory);
  if (call === undefined) return;
  const { timeout, approvers } = flags;
  const { question, act } = call;
  const given = written(timeout);
  const answer = await askAndWait(context, flags, { question, act, timeout: given, approvers })
    .then(decisionOf)
    .catch((error: unknown): ClaudeAnswer => {
      return { decision: 'ask', reason: `Signalbox could not be asked: ${messageOf(error)}` };
    });
  if (answer !== undefined) await context.terminal.print(claudeAnswer(answer));
}

function decisionOf(answer: QuestionView): ClaudeAnswer | undefined {
  // What a threshold or a level allows has no person behind it: Claude Code asks as it always does.
  if (answer.id === null) return undefined;
  const decision = answer.state === 'approved' ? 'allow' : 'deny';
  return { decision, reason: `Signalbox: ${sentenceOf(answer)}` };
}
