import type { IncomingHttpHeaders } from 'node:http';
import { HttpError } from '../../std/http/http-error.ts';
import type { Json } from '../../std/json.ts';
import { refusalOf } from '../refusal.ts';
import type { SourceContext, SourceEvent } from '../source.ts';
import { type BodyReader, bodyReader, unsupportedBody } from './body.ts';
import { plainEvent, PRESETS, type Preset, type Received } from './preset.ts';
import { type Rejection, Rejections } from './rejections.ts';
import type { WebhookConfig } from './shape.ts';
import {
  genericScheme,
  headerOf,
  type Scheme,
  tokenScheme,
  type Verdict,
  verify,
} from './signature.ts';

/** What a hook answers to a request that it took. */
export interface HookAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** A request as it came, all of it. */
export interface HookRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const SIGNATURE_HEADERS = ['x-signature', 'x-hub-signature-256'];
const TOKEN_HEADER = 'authorization';
/** Our shape of a body stands beside it: together they may be more than an event can carry. */
const DATA_LENGTH_MAX = 1_048_576;
/** Longer attributes than an event may have are cut. */
const ATTRIBUTE_LENGTH_MAX = 1_024;

/** One path where webhooks are heard, and what becomes of them. */
export class Hook {
  readonly path: string;
  /** The name of its source. */
  readonly source: string;
  readonly #context: SourceContext;
  readonly #config: WebhookConfig;
  readonly #preset: Preset | undefined;
  readonly #scheme: Scheme | undefined;
  readonly #rejections: Rejections;

  constructor(context: SourceContext, config: WebhookConfig) {
    this.path = config.path;
    this.source = context.name;
    this.#context = context;
    this.#config = config;
    this.#preset = config.preset === undefined ? undefined : PRESETS[config.preset];
    this.#scheme = schemeOf(config, this.#preset);
    this.#rejections = new Rejections({
      clock: context.clock,
      record: (data) => void context.rejected(data),
    });
  }

  /**
   * What can be said by the headers alone.
   *
   * @throws HttpError `request.media_type` or `request.too_large`.
   */
  precheck(headers: IncomingHttpHeaders): BodyReader {
    const read = bodyReader(headers['content-type']);
    const encoding = headerOf(headers, 'content-encoding') ?? 'identity';
    if (read === undefined || encoding.toLowerCase() !== 'identity') throw unsupportedBody();
    if (Number(headers['content-length'] ?? 0) > this.#config.body_limit) throw tooLarge();
    return read;
  }

  /**
   * Takes a request: its signature, its body, the event in it. Resolves once that is durable.
   *
   * @throws HttpError with what is wrong; nothing is recorded then.
   */
  async take({ headers, body: bytes }: HookRequest): Promise<HookAnswer> {
    const read = this.precheck(headers);
    if (bytes.length > this.#config.body_limit) throw tooLarge();
    this.#verify({ headers, body: bytes });
    const received = { headers, body: read(bytes), path: this.path };
    const challenge = this.#preset?.challengeOf?.(received.body.value);
    if (challenge !== undefined) return { status: 200, type: 'text/plain', text: challenge };
    return this.#offer(this.#eventOf(received));
  }

  /** Records that a request was refused, or counts it where many are. */
  reject(rejection: Rejection): void {
    this.#rejections.note(rejection);
  }

  close(): void {
    this.#rejections.close();
  }

  #verify(request: HookRequest): void {
    if (this.#scheme === undefined) return;
    const { clock } = this.#context;
    const now = clock.now();
    const { secrets, tolerance: toleranceMs } = this.#config;
    const good = secrets.filter(({ until }) => until === undefined || now < until);
    const proof = { secrets: good.map(({ value }) => value), now, toleranceMs };
    const verdict = verify(this.#scheme, request, proof);
    if (verdict !== 'valid') throw unproven(verdict);
  }

  #eventOf(received: Received): SourceEvent {
    const { id_header: header } = this.#config;
    const event = (this.#preset?.eventOf ?? plainEvent)(received);
    const own = header === undefined ? undefined : headerOf(received.headers, header);
    const id = own ?? this.#preset?.idOf(received);
    if (event.data.length > DATA_LENGTH_MAX) throw tooLarge();
    return {
      ...event,
      id: attribute(id),
      subject: attribute(event.subject),
      actor: attribute(event.actor),
    };
  }

  async #offer(event: SourceEvent): Promise<HookAnswer> {
    const offered = await this.#context.offer(event);
    switch (offered.kind) {
      case 'accepted':
        return offered.duplicate
          ? answer(200, { status: 'duplicate', id: offered.id })
          : answer(202, { status: 'accepted', id: offered.id });
      case 'conflict':
        // To send it again changes nothing: the sender is told that it is known, the log the rest.
        return answer(200, { status: 'duplicate', id: offered.id });
      default:
        throw refusalOf(offered);
    }
  }
}

function schemeOf(config: WebhookConfig, preset: Preset | undefined): Scheme | undefined {
  const { auth, signature_header: header } = config;
  if (auth === 'none') return undefined;
  if (preset !== undefined) return preset.scheme;
  if (auth === 'token') return tokenScheme(header ?? TOKEN_HEADER);
  return genericScheme(header === undefined ? SIGNATURE_HEADERS : [header], {
    algorithm: config.signature_algorithm ?? 'sha256',
    encoding: config.signature_encoding ?? 'hex',
  });
}

/** What a foreign text is worth as an attribute: without control characters, and not too long. */
function attribute(text: string | null | undefined): string | undefined {
  if (text === undefined || text === null || text === '') return undefined;
  // Nearly all are fine as they came, and to replace nothing costs as much as to replace.
  if (text.length <= ATTRIBUTE_LENGTH_MAX && /^[\u0020-\u007e]*$/.test(text)) return text;
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what is left out
  const plain = text.replaceAll(/[\u0000-\u001f\u007f]/g, '').slice(0, ATTRIBUTE_LENGTH_MAX);
  return plain.replaceAll(/\p{Surrogate}/gu, '\ufffd') || undefined;
}

function answer(status: number, body: { readonly [name: string]: Json }): HookAnswer {
  return { status, type: 'application/json', text: JSON.stringify(body) };
}

function tooLarge(): HttpError {
  return new HttpError('request.too_large', 'The body is too large.', { status: 413 });
}

function unproven(verdict: Exclude<Verdict, 'valid'>): HttpError {
  switch (verdict) {
    case 'unsigned': {
      const message = 'The request has no signature that can be checked.';
      return new HttpError('webhook.unsigned', message, { status: 401 });
    }
    case 'stale': {
      const message = 'The request was signed too long ago, or by a clock that is ahead.';
      return new HttpError('webhook.stale', message, { status: 401 });
    }
    case 'wrong':
      return new HttpError('webhook.wrong_signature', 'The signature is wrong.', { status: 401 });
  }
}
