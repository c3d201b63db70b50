import { unknownProposal } from '../views/unknown-proposal.ts';
import { escapeText } from '../std/escape.ts';
import type { SignalboxError } from '../std/errors.ts';

/** What a command throws for an id that no proposal has. */
export function noProposal(id: string): SignalboxError {
  return unknownProposal(escapeText(id));
}
