import type { StepError, StepResult } from '../runs/step-kind.ts';
import { bodyOf } from './http-body.ts';
import type { HttpAnswer, HttpOutcome, HttpRequest } from './http-client.ts';
import { beginningOf, shown } from './written-value.ts';

/** Answers that ask to come back: what was asked for was not done. */
const COME_BACK: readonly number[] = [408, 425, 429, 503];
/** The headers of an answer that a later step may want. */
const KEPT_HEADERS = ['content-type', 'etag', 'last-modified', 'link', 'location', 'x-request-id'];
/** The longest time that a server may ask us to stay away. */
const RETRY_AFTER_MS_MAX = 86_400_000;
/** How much of an error's body is kept with it. */
const DETAIL_LENGTH_MAX = 4_096;

type Answer = HttpAnswer & Pick<HttpOutcome, 'acted' | 'url'>;

/** What the outcome of a request means for its step. `now`: engine time in milliseconds. */
export async function resultOf(
  outcome: HttpOutcome,
  request: HttpRequest,
  now: number,
): Promise<StepResult> {
  // What an answer has led us away from has been done, whatever became of the looking.
  const happened = outcome.acted ? 'maybe' : 'no';
  const name = nameOf(request.method, outcome.url);
  switch (outcome.kind) {
    case 'answer':
      return isExpected(outcome.status, request)
        ? accepted(outcome, request)
        : refused(outcome, request, now);
    case 'unsent':
      return unsent({ ...outcome, name }, happened);
    case 'lost': {
      const message = `${name} was ${outcome.message}. Correct its URL.`;
      return { kind: 'fail', error: { code: 'http.redirect', message, happened } };
    }
    case 'broken': {
      const message = `${name} was sent, but no whole answer came: ${shown(outcome.message)}.`;
      return { kind: 'retry', error: { code: 'http.broken', message, happened: 'maybe' } };
    }
  }
}

function isExpected(status: number, { expected }: HttpRequest): boolean {
  return expected.length === 0 ? isSuccess(status) : expected.includes(status);
}

async function accepted(answer: Answer, request: HttpRequest): Promise<StepResult> {
  const body = await bodyOf(answer, request.bodyBytesMax);
  const name = nameOf(request.method, answer.url);
  switch (body.kind) {
    case 'value': {
      const kept = KEPT_HEADERS.flatMap((header) => {
        const value = answer.headers[header];
        return value === undefined ? [] : [[header, value] as const];
      });
      const headers = Object.fromEntries(kept);
      return { kind: 'done', output: { status: answer.status, headers, body: body.value } };
    }
    case 'too_large': {
      const remedy = 'Ask for less, or fetch it into a file with a "run" step.';
      const message = `${name} answered with more than ${request.bodyBytesMax} bytes. ${remedy}`;
      const error = { code: 'step.output_too_large', message, happened: 'maybe' } as const;
      return { kind: 'fail', error };
    }
    case 'invalid': {
      const said = `${name} answered ${answer.status} with a body that cannot be read`;
      const message = `${said}: ${body.reason}. Correct the target.`;
      return { kind: 'fail', error: { code: 'http.answer_invalid', message, happened: 'maybe' } };
    }
  }
}

function refused(answer: Answer, request: HttpRequest, now: number): StepResult {
  const { status, acted, body } = answer;
  const comeBack = COME_BACK.includes(status);
  const certain = comeBack || (status < 500 && !isSuccess(status));
  const error: StepError = {
    code: 'http.status',
    message: `${nameOf(request.method, answer.url)} answered ${status}${meaningOf(answer)}`,
    happened: certain && !acted ? 'no' : 'maybe',
    status,
    // Only that it is not there says that it did not happen: a 401 says nothing of it.
    ...(status === 404 || status === 410 ? { answered: true } : {}),
    ...(body.length === 0 ? {} : { detail: beginningOf(String(body), DETAIL_LENGTH_MAX) }),
  };
  if (!comeBack && status < 500) return { kind: 'fail', error };
  const afterMs = retryAfterMs(answer, now);
  return afterMs === undefined ? { kind: 'retry', error } : { kind: 'retry', error, afterMs };
}

function meaningOf({ status, headers }: HttpAnswer): string {
  if (isSuccess(status)) return ', which "expect" does not name.';
  if (status === 401 || status === 403) return '. Check what it is given to know us by.';
  if (status < 400) return headers['location'] === undefined ? ' without a place to go.' : '.';
  return '.';
}

/** When the server wants to be asked again: in so many seconds, or at a date by its own clock. */
export function retryAfterMs(
  { headers }: Pick<HttpAnswer, 'headers'>,
  now: number,
): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  const asked = /^\d+$/.test(text)
    ? Number(text) * 1_000
    : Date.parse(text) - (Date.parse(headers['date'] ?? '') || now);
  if (Number.isNaN(asked)) return undefined;
  return Math.min(Math.max(0, asked), RETRY_AFTER_MS_MAX);
}

interface NamedFailure {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

function unsent(
  { name, code, message }: NamedFailure,
  happened: StepError['happened'],
): StepResult {
  switch (code) {
    case 'http.forbidden_address': {
      const error = { code: 'http.forbidden_address', message: `${name}: ${message}`, happened };
      return { kind: 'fail', error };
    }
    case 'UND_ERR_INVALID_ARG': {
      const said = `${name} cannot be sent: ${shown(message)}.`;
      return { kind: 'fail', error: { code: 'step.input_invalid', message: said, happened } };
    }
    default: {
      const said = `${name} was not sent, as no connection came about: ${shown(message)}.`;
      return { kind: 'retry', error: { code: 'http.unreachable', message: said, happened } };
    }
  }
}

/** Without the query, which may hold what nobody should read. */
function nameOf(method: string, url: URL): string {
  return `${method} ${shown(`${url.origin}${url.pathname}`)}`;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
