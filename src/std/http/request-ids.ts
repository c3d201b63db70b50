import { randomText } from '../random.ts';

/** The header that names a request, as Node writes it in what came in. */
export const REQUEST_ID = 'x-request-id';

/** What tells the requests of one server from those of all others: 50 random bits. */
const SERVER_LENGTH = 10;

/** What an id may be: it goes to logs and headers as it is. */
export const REQUEST_ID_FORM = /^[\w.-]{1,64}$/;

/** Whether a text that somebody sends may name a request. */
export function isRequestId(text: unknown): text is string {
  return typeof text === 'string' && REQUEST_ID_FORM.test(text);
}

/**
 * Names the requests of one server: `SERVER-NUMBER`, the number in base 36 and in the order in
 * which they came. An id is no secret, and nobody else's is the same.
 */
export class RequestIds {
  readonly #server = randomText(SERVER_LENGTH);
  #count = 0;

  next(): string {
    this.#count += 1;
    return `${this.#server}-${this.#count.toString(36)}`;
  }
}
