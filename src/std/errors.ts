/**
 * The one base of the errors that cross a room's border.
 *
 * `code` is stable and listed in `docs/reference/errors.md`; `message` says what happened, where,
 * and what to do about it.
 */
export class SignalboxError extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: ErrorOptions & { details?: object } = {}) {
    super(message, options);
    this.name = 'SignalboxError';
    this.code = code;
    this.details = { ...options.details };
  }
}

/** Thrown by a step for a failure that no repetition mends. */
export class TerminalError extends SignalboxError {
  constructor(message: string, options: ErrorOptions & { code?: string } = {}) {
    super(options.code ?? 'step.terminal', message, options);
    this.name = 'TerminalError';
  }
}

/**
 * Thrown by a step for a failure that passes. `afterMs` says when the other side wants to be asked
 * again, in milliseconds from now; without it the step's retry policy decides.
 */
export class RetryableError extends SignalboxError {
  readonly afterMs: number | undefined;

  constructor(message: string, options: ErrorOptions & { afterMs?: number } = {}) {
    super('step.retryable', message, options);
    this.name = 'RetryableError';
    this.afterMs = options.afterMs;
  }
}

/** What to show of anything that was thrown, even of what cannot be shown. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'Something was thrown that cannot be shown.';
  }
}
