import { hash } from 'node:crypto';

/** A place in a distributed trace, as W3C Trace Context names it. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether whoever began the trace records it. */
  readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Reads a `traceparent`; undefined for anything that is none, which is ignored as the standard
 * says. One of a later version is read as far as this one goes.
 */
export function parseTraceparent(text: string): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === 'ff') return undefined;
  if (version === '00' && rest !== undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The context as a `traceparent`. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** The trace of a name: the same for the same name, on every machine and after every crash. */
export function traceIdOf(name: string): string {
  return digest(`trace ${name}`, 32);
}

/** The span of a name, in the same way. */
export function spanIdOf(name: string): string {
  return digest(`span ${name}`, 16);
}

function digest(text: string, length: number): string {
  return hash('sha256', text, 'hex').slice(0, length);
}
