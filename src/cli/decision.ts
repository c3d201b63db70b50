import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { parseJson } from '../std/json.ts';
import type { ProposalView } from '../views/proposal-view.ts';
import type { Client } from './client.ts';
import type { CliContext } from './context.ts';
import { decisionText, proposalLines } from './proposal-text.ts';

/** What is said where steps could decide for themselves. */
const ADVISORY =
  'Steps are not isolated from the daemon on this machine, so gates are advisory: see doctor.';

/** Shows what somebody is about to decide on: whole, and with every character visible. */
export async function showToDecide({ terminal }: CliContext, found: ProposalView): Promise<void> {
  await terminal.print(`${proposalLines(found, terminal).join('\n')}\n\n`);
}

/** Says so where gates can be walked around. */
export async function noteAdvisory({ terminal }: CliContext, client: Client): Promise<void> {
  const { isolation } = await client.status();
  if (isolation.way === null) terminal.note(`${ADVISORY}\n`);
}

/**
 * What a file holds in place of a step's input, as it was written.
 *
 * @throws SignalboxError `usage.invalid` where it cannot be read or is no JSON.
 */
export function editedOf({ workingDirectory }: CliContext, file: string): string {
  try {
    const text = readFileSync(resolve(workingDirectory, file), 'utf8');
    parseJson(text);
    return text;
  } catch (error) {
    const message = `--with ${escapeText(file)} cannot be used: ${messageOf(error)}`;
    throw new SignalboxError('usage.invalid', message);
  }
}

/** What became of a proposal that somebody has said something of. */
export function decidedSentence(proposal: ProposalView): string {
  const { id, state, decision, quorum, approved } = proposal;
  if (decision !== null) return escapeText(`proposal ${id} is ${decisionText(decision)}`);
  return `proposal ${id} is ${state}: approved by ${approved.length} of ${quorum}`;
}
