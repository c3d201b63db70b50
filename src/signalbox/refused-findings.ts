import { type Finding, formatFinding } from '../std/diagnostics.ts';
import { SignalboxError } from '../std/errors.ts';

/** The error that says which findings keep a configuration from being put in force. */
export function refusedFindings(findings: readonly Finding[]): SignalboxError {
  const errors = findings.filter(({ severity }) => severity === 'error').map(formatFinding);
  const message = `The configuration is wrong: ${errors.join('; ')}`;
  return new SignalboxError('config.invalid', message, { details: { findings } });
}
