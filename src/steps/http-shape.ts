import { z } from 'zod';
import type { StepShape } from '../flows/step-shape.ts';
import { isFixed, scalar } from './written-value.ts';

/** The methods that a step may use. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const TIMEOUT_MS = 30_000;
/** Headers that are the connection's, or ours. */
const OWN_HEADERS =
  /^(host|connection|keep-alive|content-length|transfer-encoding|upgrade|expect|te|trailer)$/i;
const OWN_PREFIXES = /^(proxy|x-signalbox)-/i;

const url = z.string().superRefine((text, context) => {
  const message = isFixed(text) ? urlProblem(text) : undefined;
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const headers = z.record(z.string(), scalar).superRefine((entries, context) => {
  for (const name of Object.keys(entries)) {
    const message = headerProblem(name);
    if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
  }
});

const status = z.int().min(200).max(599);

/** A request as it is written, wherever. */
export const requestSchema = z
  .strictObject({
    url,
    method: z.enum(METHODS).optional(),
    headers: headers.optional(),
    json: z.unknown().optional(),
    body: z.string().optional(),
    expect: z.union([status, z.array(status)]).optional(),
  })
  .superRefine((written, context) => {
    const message = bodyProblem(written);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['body'], message });
  });

/** How an `http` step is written. The method is kept also where it was left out. */
export const httpShape: StepShape = {
  kind: 'http',
  keys: [],
  secretPlaces: ['http.headers', 'http.json', 'http.body'],
  schema: z.strictObject({ http: requestSchema }).transform(({ http }) => ({
    http: { ...http, method: http.method ?? methodFor(http) },
  })),
  effect: 'idempotent',
  timeoutMs: TIMEOUT_MS,
};

/** Why a step cannot call this URL, whatever its host; undefined where it can. */
export function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'it is no URL; write one such as https://example.com/api';
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:')
    return `only http and https are called, not ${protocol}`;
  if (username === '' && password === '') return undefined;
  return 'it holds a password, which logs would keep; send it as the header "authorization"';
}

interface WrittenBody {
  readonly method?: string | undefined;
  readonly json?: unknown;
  readonly body?: string | undefined;
}

function methodFor({ json, body }: WrittenBody): string {
  return json === undefined && body === undefined ? 'GET' : 'POST';
}

function bodyProblem({ method, json, body }: WrittenBody): string | undefined {
  if (json !== undefined && body !== undefined) return 'there is "json" too; write one of them';
  const bodiless = method === 'GET' || method === 'HEAD';
  return bodiless && methodFor({ json, body }) === 'POST' ? `${method} has no body` : undefined;
}

function headerProblem(name: string): string | undefined {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return 'this is no name of a header';
  const ours = OWN_HEADERS.test(name) || OWN_PREFIXES.test(name);
  return ours ? 'this header is set by Signalbox; remove it' : undefined;
}
