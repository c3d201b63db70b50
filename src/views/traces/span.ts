/** A span of a distributed trace. Times are milliseconds since 1970. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** The span that it is a part of; undefined for the first of its trace. */
  readonly parent: string | undefined;
  readonly name: string;
  /** What it does: takes a message (`consumer`), asks another service (`client`), or neither. */
  readonly kind: 'consumer' | 'client' | 'internal';
  readonly started: number;
  readonly ended: number;
  /** The code of its error; undefined where it went well. */
  readonly error: string | undefined;
  readonly attributes: { readonly [name: string]: string | number };
  /** What happened on the way, such as an attempt that failed. */
  readonly events: readonly SpanEvent[];
}

/** Something at an instant of a span. */
export interface SpanEvent {
  readonly name: string;
  readonly at: number;
  readonly attributes: { readonly [name: string]: string | number };
}
