import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { SignalboxError } from '../std/errors.ts';
import type { Span, SpanEvent } from '../views/traces/span.ts';

/** Sends spans somewhere. Rejects where nobody took them; a second sending does no harm. */
export interface SpanSender {
  send(spans: readonly Span[]): Promise<void>;
  close(): Promise<void>;
}

/** The process's environment. */
export type Environment = { readonly [name: string]: string | undefined };

/** Whether the environment names a place to send traces to, as OpenTelemetry has it. */
export function wantsTraces(env: Environment): boolean {
  if (env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return false;
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return endpoint !== undefined && endpoint !== '';
}

/**
 * Speaks OTLP over HTTP by OpenTelemetry's own exporter, which nothing else knows of: it reads the
 * `OTEL_EXPORTER_OTLP_…` of the environment itself.
 *
 * @throws SignalboxError `traces.package_missing` where the exporter is not installed.
 */
export async function openSpanSender(env: Environment): Promise<SpanSender> {
  const exporter = await newExporter();
  const resource = resourceOf(env);
  return {
    send: (spans) =>
      exported(
        exporter,
        spans.map((span) => readable(span, resource)),
      ),
    close: () => exporter.shutdown(),
  };
}

async function newExporter(): Promise<OTLPTraceExporter> {
  try {
    const { OTLPTraceExporter: Exporter } = await import('@opentelemetry/exporter-trace-otlp-http');
    return new Exporter();
  } catch (cause) {
    const name = '@opentelemetry/exporter-trace-otlp-http';
    const message = `Traces are not sent, because ${name} is not installed: npm install ${name}`;
    throw new SignalboxError('traces.package_missing', message, { cause });
  }
}

type ReadableSpan = Parameters<OTLPTraceExporter['export']>[0][number];
type Attributes = ReadableSpan['attributes'];
type Resource = ReadableSpan['resource'];

function exported(exporter: OTLPTraceExporter, spans: ReadableSpan[]): Promise<void> {
  return new Promise((resolve, reject) => {
    exporter.export(spans, ({ code, error }) => {
      // Success is 0.
      if (!code) resolve();
      else reject(error ?? new Error('the collector did not take them'));
    });
  });
}

const KINDS = { internal: 0, client: 2, consumer: 4 } as const;
/** Traces as the W3C flags them: whoever sends them records them. */
const SAMPLED = 1;
const SCOPE = { name: 'signalbox' };

function readable(span: Span, resource: Resource): ReadableSpan {
  const { traceId, spanId, parent, name, kind, started, ended, error } = span;
  const context = (id: string) => ({ traceId, spanId: id, traceFlags: SAMPLED });
  return {
    name,
    kind: KINDS[kind],
    spanContext: () => context(spanId),
    ...(parent !== undefined && { parentSpanContext: context(parent) }),
    startTime: timeOf(started),
    endTime: timeOf(ended),
    duration: timeOf(ended - started),
    // 1 is well, 2 is not.
    status: error === undefined ? { code: 1 } : { code: 2, message: error },
    attributes: error === undefined ? span.attributes : { ...span.attributes, 'error.type': error },
    links: [],
    events: span.events.map(timedEvent),
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function timedEvent({ name, at, attributes }: SpanEvent): ReadableSpan['events'][number] {
  return { name, time: timeOf(at), attributes };
}

/** Seconds, and the nanoseconds of the last of them. */
function timeOf(ms: number): [number, number] {
  return [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1_000_000)];
}

/** Who sends: named by the environment as OpenTelemetry has it. */
function resourceOf(env: Environment): Resource {
  const attributes: Attributes = { 'service.name': 'signalbox' };
  for (const pair of (env['OTEL_RESOURCE_ATTRIBUTES'] ?? '').split(',')) {
    const [name = '', value] = pair.split('=');
    if (value !== undefined) attributes[name.trim()] = decoded(value.trim());
  }
  const name = env['OTEL_SERVICE_NAME'];
  if (name !== undefined && name !== '') attributes['service.name'] = name;
  const resource = { attributes, asyncAttributesPending: false };
  const raw = (): [string, Attributes[string]][] => Object.entries(attributes);
  return { ...resource, merge: () => resourceOf(env), getRawAttributes: raw };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
