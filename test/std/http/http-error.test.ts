import { describe, expect, test } from 'vitest';
import { SignalboxError } from '../../../src/std/errors.ts';
import { HttpError, problemText, retryAfter } from '../../../src/std/http/http-error.ts';

describe('an error of HTTP', () => {
  test('is an error of ours with a status and headers', () => {
    const cause = new Error('why');
    const headers = { allow: 'GET' };
    const error = new HttpError('route.wrong_method', 'No.', { status: 405, headers, cause });
    expect(error).toBeInstanceOf(SignalboxError);
    expect(error).toMatchObject({ name: 'HttpError', code: 'route.wrong_method', status: 405 });
    expect(error).toMatchObject({ message: 'No.', headers, cause });
  });

  test('keeps its headers, whatever becomes of those that it was given', () => {
    const headers = { allow: 'GET' };
    const error = new HttpError('a.b', 'No.', { status: 405, headers });
    headers.allow = 'POST';
    expect(error.headers).toEqual({ allow: 'GET' });
    expect(new HttpError('a.b', 'No.', { status: 405 }).headers).toEqual({});
  });

  test('is written as a problem, which keeps its headers and its cause to itself', () => {
    const options = { status: 404, headers: { 'x-a': 'b' }, cause: new Error('secret') };
    const error = new HttpError('flow.unknown', 'There is none.', options);
    expect(JSON.parse(problemText(error, 'r-1'))).toEqual({
      title: 'Not Found',
      status: 404,
      code: 'flow.unknown',
      detail: 'There is none.',
      request_id: 'r-1',
    });
  });

  test('says more where it has details', () => {
    const details = { errors: ['a', 'b'] };
    const error = new HttpError('a.b', 'No.', { status: 400, details });
    expect(JSON.parse(problemText(error, 'r-1'))).toMatchObject({
      status: 400,
      errors: ['a', 'b'],
    });
  });
});

test.each([
  [0, '1'],
  [1, '1'],
  [1_000, '1'],
  [1_001, '2'],
  [60_000, '60'],
])('whoever is to wait %i ms comes again after %s s, never too early', (delayMs, seconds) => {
  expect(retryAfter(delayMs)).toEqual({ 'retry-after': seconds });
});
