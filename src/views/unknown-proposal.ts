import { SignalboxError } from '../std/errors.ts';

/** What is said of an id that no proposal has. */
export function unknownProposal(id: string): SignalboxError {
  const message = `There is no proposal "${id}". List them with: signalbox proposals`;
  return new SignalboxError('proposal.unknown', message);
}
