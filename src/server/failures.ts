import type { IncomingMessage } from 'node:http';
import { Rejections } from '../sources/webhook/rejections.ts';
import type { Clock } from '../std/clock.ts';
import { HttpError, retryAfter } from '../std/http/http-error.ts';
import { REQUEST_ID } from '../std/http/request-ids.ts';
import { addressOf } from './client-address.ts';
import { WrongTokens } from './wrong-tokens.ts';

/** How many are borne, and who is told. */
export interface FailuresOptions {
  readonly clock: Clock;
  /** Wrong tokens from one address within a minute before it is told to wait. */
  readonly triesMax: number;
  /** Whether a proxy of ours says where a request comes from. */
  readonly behindProxy: boolean;
  /** Records what was refused: a few each minute, and then how many more there were. */
  readonly record: (what: object) => void;
}

const PATH_LENGTH_MAX = 256;

/** What becomes of those who bring something wrong, or ask for what they may not have. */
export class Failures {
  readonly #options: FailuresOptions;
  readonly #wrong: WrongTokens;
  readonly #rejections: Rejections;

  constructor(options: FailuresOptions) {
    const { clock, triesMax, record } = options;
    this.#options = options;
    this.#wrong = new WrongTokens(clock, triesMax);
    this.#rejections = new Rejections({ clock, record });
  }

  /** Counts one more wrong try, and gives its answer: after too many, when to come again. */
  wrong(request: IncomingMessage, answer: HttpError): HttpError {
    const waitMs = this.#wrong.note(addressOf(request, this.#options.behindProxy));
    const told = waitMs > 0 ? tooManyTries(waitMs) : answer;
    this.note(request, told);
    return told;
  }

  /** Records that a request (by its id) was refused, or counts it where many are. */
  note(request: IncomingMessage, { code, status }: HttpError, actor?: string): void {
    // What stands behind the ? may be anybody's secret.
    const path = (request.url ?? '').replace(/\?[^]*$/, '').slice(0, PATH_LENGTH_MAX);
    const address = addressOf(request, this.#options.behindProxy);
    const who = actor === undefined ? {} : { actor };
    const id = request.headers[REQUEST_ID];
    const rejection = { reason: code, status, address, path, request: String(id) };
    this.#rejections.note({ ...rejection, ...who });
  }

  /** Records what is counted so far, and nothing afterwards. */
  close(): void {
    this.#rejections.close();
  }
}

function tooManyTries(waitMs: number): HttpError {
  const message = 'Too many wrong tokens came from this address; wait before the next.';
  return new HttpError('auth.throttled', message, { status: 429, headers: retryAfter(waitMs) });
}
