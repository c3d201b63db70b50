import type { AskedAct } from '../routing/questions.ts';
import { isObject, type Json, parseJson } from '../std/json.ts';
import { SignalboxError } from '../std/errors.ts';

/** What an agent of Claude Code is about to do, as its hook `PreToolUse` tells it. */
export interface ClaudeCall {
  readonly tool: string;
  /** One line for whoever decides. */
  readonly question: string;
  /** What the rules of risk look at. */
  readonly act: AskedAct;
}

/** What the hook is to say; nothing leaves the decision to Claude Code's own permissions. */
export type ClaudeAnswer = {
  readonly decision: 'allow' | 'deny' | 'ask';
  readonly reason: string;
};

/** Tools that only read, or keep the agent's own notes: nobody is asked about them. */
const READING: ReadonlySet<string> = new Set([
  'Read',
  'Glob',
  'Grep',
  'LS',
  'NotebookRead',
  'TodoWrite',
  'TaskOutput',
  'ToolSearch',
]);

const QUESTION_MAX = 500;

/**
 * Reads what Claude Code hands to a `PreToolUse` hook on standard input; undefined for a tool that
 * only reads.
 *
 * @throws SignalboxError `usage.invalid` where it is something else.
 */
export function readClaudeCall(text: string, folder: string): ClaudeCall | undefined {
  const given = parseJson(text);
  const tool = isObject(given) ? given['tool_name'] : undefined;
  if (typeof tool !== 'string') {
    const message = 'Standard input holds no call of a PreToolUse hook: there is no "tool_name".';
    throw new SignalboxError('usage.invalid', message);
  }
  if (READING.has(tool)) return undefined;
  const input = isObject(given) && isObject(given['tool_input']) ? given['tool_input'] : {};
  const act = actOf(tool, input, folder);
  return { tool, act, question: cut(`${tool}: ${summaryOf(input)}`) };
}

type Fields = { readonly [name: string]: Json };

function actOf(tool: string, input: Fields, folder: string): AskedAct {
  const { command, url } = input;
  if (typeof command === 'string') return { tool, argv: ['/bin/sh', '-c', command] };
  if (typeof url === 'string') return { tool, method: 'GET', url };
  const path = input['file_path'] ?? input['notebook_path'];
  if (typeof path !== 'string') return { tool };
  const written = [input['content'], input['new_string'], input['new_source']];
  const lines = written
    .filter((each) => typeof each === 'string')
    .reduce((sum, each) => sum + each.split('\n').length, 0);
  return { tool, paths: [within(path, folder)], lines };
}

/** The path from the folder on, where it lies in it. */
function within(path: string, folder: string): string {
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}

function summaryOf(input: Fields): string {
  const told = input['command'] ?? input['file_path'] ?? input['notebook_path'] ?? input['url'];
  return typeof told === 'string' ? told : JSON.stringify(input);
}

function cut(text: string): string {
  return text.length > QUESTION_MAX ? `${text.slice(0, QUESTION_MAX - 1)}…` : text;
}

/** The answer as Claude Code reads it on standard output. */
export function claudeAnswer({ decision, reason }: ClaudeAnswer): string {
  const hookSpecificOutput = {
    hookEventName: 'PreToolUse',
    permissionDecision: decision,
    permissionDecisionReason: reason,
  };
  return `${JSON.stringify({ hookSpecificOutput })}\n`;
}
