import { z } from 'zod';
import type { HttpContent, Proposed } from '../gates/content.ts';
import type { StepContext } from '../runs/step-kind.ts';
import type { Json } from '../std/json.ts';
import type { HttpRequest } from './http-client.ts';
import { METHODS, urlProblem } from './http-shape.ts';
import { filled, inputInvalid, shown, textOf } from './written-value.ts';

const rendered = z.object({
  http: z.object({
    method: z.enum(METHODS),
    url: filled,
    headers: z.record(z.string(), filled).optional(),
    json: filled.optional(),
    body: filled.optional(),
    expect: z.union([z.number(), z.array(z.number())]).optional(),
  }),
});

/** How much of an answer's body is kept. */
const BODY_BYTES_MAX = 1_048_576;

/** @throws SignalboxError `step.input_invalid` where the URL or a header cannot be sent. */
export function readHttpInput(context: StepContext): HttpRequest {
  const { http } = rendered.parse(context.input);
  const { method, headers = {}, json, body, expect = [] } = http;
  const given = Object.entries(headers).map(([name, value]) => headerOf(name, textOf(value)));
  return {
    method,
    url: urlOf(textOf(http.url)),
    headers: {
      ...defaultsOf(json !== undefined, body !== undefined),
      'idempotency-key': encoded(context.key),
      ...(context.traceparent !== undefined && { traceparent: context.traceparent }),
      ...Object.fromEntries(given),
      ...namesOf(context),
    },
    body: bodyOf(json, body),
    expected: typeof expect === 'number' ? [expect] : expect,
    bodyBytesMax: BODY_BYTES_MAX,
    signal: context.signal,
  };
}

/** What a request would send, as somebody is asked to approve it. */
export function proposeHttp({ input }: Pick<StepContext, 'input'>): Proposed {
  const { method, headers = {}, url, json, body } = rendered.parse(input).http;
  const sent = json ?? (body === undefined ? null : textOf(body));
  const names = Object.entries(headers).map(([name, value]) => headerOf(name, textOf(value))[0]);
  const content: HttpContent = {
    kind: 'http',
    method,
    url: urlOf(textOf(url)).href,
    headers: names.toSorted(),
    body: sent,
  };
  return { content, files: [], unbound: ['what the address leads to, and what it answers'] };
}

function bodyOf(json: Json | undefined, body: Json | undefined): string | undefined {
  if (json !== undefined) return JSON.stringify(json);
  return body === undefined ? undefined : textOf(body);
}

function urlOf(text: string): URL {
  const problem = urlProblem(text);
  if (problem !== undefined) throw inputInvalid(`"${shown(text)}" cannot be called: ${problem}.`);
  const url = new URL(text);
  url.hash = '';
  return url;
}

function headerOf(name: string, value: string): [string, string] {
  if (!/[^\t\u0020-\u007e\u0080-\u00ff]/.test(value)) return [name.toLowerCase(), value];
  const message = `The header "${name}" holds a character that headers cannot carry; encode it.`;
  throw inputInvalid(message);
}

function defaultsOf(json: boolean, body: boolean): { readonly [name: string]: string } {
  const type = json ? 'application/json' : 'text/plain; charset=utf-8';
  return {
    accept: '*/*',
    'accept-encoding': 'identity',
    'user-agent': 'signalbox',
    ...(json || body ? { 'content-type': type } : {}),
  };
}

/** What a target is told of the attempt that it is asked by. */
function namesOf(context: StepContext): { readonly [name: string]: string } {
  return {
    'x-signalbox-run-id': encoded(context.run),
    'x-signalbox-flow': encoded(context.flow),
    'x-signalbox-step': encoded(context.step),
    'x-signalbox-attempt': String(context.attempt),
    'x-signalbox-epoch': context.epoch,
    'x-signalbox-idempotency-key': encoded(context.key),
  };
}

/** Names of flows and steps may be of any script; headers are ASCII. */
function encoded(text: string): string {
  return text.replace(/[^\u0021-\u007e]+/gu, encodeURIComponent);
}
