import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** A span as OTLP writes it in JSON, with its attributes as one object. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly events: readonly { readonly name: string }[];
}

/** Receives traces by OTLP over HTTP, as a collector does. */
export interface Collector {
  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` is to say. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** All that was sent to it, byte for byte. */
  readonly bodies: readonly string[];
  /** The headers and the path of the last request. */
  readonly last: () => Readonly<Record<string, unknown>>;
  /** The latest span with this name. */
  readonly named: (name: string) => ReceivedSpan | undefined;
}

/** A collector on a port of its own, gone after the test. */
export async function openCollector(): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  let last = {};
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    bodies.push(body);
    last = { ...request.headers, path: request.url };
    spans.push(...spansOf(JSON.parse(body) as Request));
    response.setHeader('content-type', 'application/json').end('{}');
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const named = (name: string): ReceivedSpan | undefined =>
    spans.findLast((span) => span.name === name);
  return { url: `http://127.0.0.1:${port}`, spans, bodies, last: () => last, named };
}

interface Request {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[];
  }[];
}

function spansOf({ resourceSpans }: Request): ReceivedSpan[] {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}
