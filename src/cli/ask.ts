import type { CliContext } from './context.ts';
import { readLines } from './lines.ts';

/** Whether a person can be asked: one sits at both ends of the terminal. */
export function canAsk({ stdin, terminal }: CliContext): boolean {
  return terminal.watched && 'isTTY' in stdin && stdin.isTTY === true;
}

/** Asks a question that `y` or `yes` answers with yes, and everything else with no. */
export async function askYesNo(
  { stdin, terminal }: CliContext,
  question: string,
): Promise<boolean> {
  await terminal.print(`${question} [y/N] `);
  for await (const line of readLines(stdin)) return /^y(?:es)?$/i.test(line.text.trim());
  return false;
}
