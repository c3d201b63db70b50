import { describe, expect, test } from 'vitest';
import { messageOf, RetryableError, SignalboxError, TerminalError } from '../../src/std/errors.ts';

describe('errors', () => {
  test('carry a stable code, details and their cause', () => {
    const cause = new Error('disk');
    const error = new SignalboxError('data.locked', 'Held.', { cause, details: { pid: 7 } });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'SignalboxError', code: 'data.locked', message: 'Held.' });
    expect(error.details).toEqual({ pid: 7 });
    expect(error.cause).toBe(cause);
    expect(new SignalboxError('data.locked', 'Held.').details).toEqual({});
  });

  test('keep their details when the caller changes what it passed', () => {
    const details = { pid: 7 };
    const error = new SignalboxError('data.locked', 'Held.', { details });
    details.pid = 8;
    expect(error.details).toEqual({ pid: 7 });
  });

  test('a terminal error has a code of its own unless the step gives one', () => {
    const terminal = new TerminalError('No.');
    expect(terminal).toMatchObject({ name: 'TerminalError', code: 'step.terminal' });
    expect(new TerminalError('No.', { code: 'http.refused' }).code).toBe('http.refused');
  });

  test('a retryable error says when to come back, where the other side did', () => {
    const retryable = new RetryableError('Later.', { afterMs: 500 });
    expect(retryable).toMatchObject({ name: 'RetryableError', code: 'step.retryable' });
    expect(retryable.afterMs).toBe(500);
    expect(new RetryableError('Later.').afterMs).toBeUndefined();
  });

  test('anything that was thrown has a message', () => {
    expect(messageOf(new Error('disk'))).toBe('disk');
    expect(messageOf('disk')).toBe('disk');
    expect(messageOf(undefined)).toBe('undefined');
    expect(messageOf(Object.create(null))).toBe('Something was thrown that cannot be shown.');
  });
});
