import { type Family, gauge, type Sample } from '../views/metrics/family.ts';
import { Histogram } from '../views/metrics/histogram.ts';

/** An answer that was sent. */
export interface Answered {
  /** The route as the table has it, never the path that was asked for. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  /** How long it took; undefined for one that goes on until somebody leaves. */
  readonly tookMs: number | undefined;
}

/** What stands in place of a route where nothing was found, or nobody was let in. */
export const NO_ROUTE = { unknown: 'unknown', refused: 'refused' } as const;

/** Methods that are told apart; a client may invent any other. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Counts the requests by route. Routes, methods and statuses are few, whatever is asked for. */
export class HttpMeter {
  readonly #requests = new Map<string, { readonly sample: Sample; count: number }>();
  readonly #seconds = new Map<string, Histogram>();
  /** Live streams that are open. */
  streams = 0;

  note({ route, method, status, tookMs }: Answered): void {
    const shown = METHODS.has(method) ? method : 'other';
    const key = `${route} ${shown} ${status}`;
    const labels = { route, method: shown, code: String(status) };
    const known = this.#requests.get(key) ?? { sample: { labels, value: 0 }, count: 0 };
    known.count++;
    this.#requests.set(key, known);
    if (tookMs === undefined) return;
    const seconds = this.#seconds.get(route) ?? new Histogram();
    this.#seconds.set(route, seconds);
    seconds.observe(tookMs / 1_000);
  }

  families(): Family[] {
    const requests = [...this.#requests.values()];
    return [
      {
        name: 'signalbox_http_requests_total',
        help: 'Requests that were answered, by route and status.',
        type: 'counter',
        samples: requests.map(({ sample, count }) => ({ ...sample, value: count })),
      },
      {
        name: 'signalbox_http_request_seconds',
        help: 'From the coming of a request to its answer.',
        type: 'histogram',
        samples: Array.from(this.#seconds, ([route, seconds]) => seconds.distribution({ route })),
      },
      gauge('signalbox_http_streams', 'Live streams that are open.', this.streams),
    ];
  }
}
