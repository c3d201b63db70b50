import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import { onTestFinished } from 'vitest';
import type { Stats } from '../../src/views/engine-view.ts';
import type { EventDetail, EventView } from '../../src/views/event-view.ts';
import type { LetterView } from '../../src/views/letter-view.ts';
import type { RunView } from '../../src/views/run-view.ts';
import type { Ready } from '../cli/signalbox.ts';

/** How an emit ended: acknowledged as this seq, or nobody knows. */
export type Emitted = { readonly seq: number; readonly duplicate: boolean } | undefined;

/** What a daemon answered, whatever it was. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** An event of the live stream. */
export interface StreamedEvent {
  readonly type: string;
  readonly id: string;
  readonly causationid?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A part of the connections that a daemon takes. */
const CONNECTIONS = 32;
const PAGE = 500;

/** A client of a daemon that may die at any moment. */
export class ApiClient {
  readonly #pool: Pool;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, token_file: file }: Ready) {
    this.#pool = new Pool(url, { connections: CONNECTIONS });
    onTestFinished(() => this.#pool.destroy());
    const authorization = `Bearer ${readFileSync(file, 'utf8').trim()}`;
    this.#headers = { authorization, 'content-type': 'application/json' };
  }

  /** Undefined where the daemon died before it answered. */
  async emit(event: object): Promise<Emitted> {
    const answer = await this.post(event).catch(() => undefined);
    if (answer === undefined || answer.status === 503) return undefined;
    if (answer.status === 202) return JSON.parse(answer.body) as Emitted;
    throw new Error(`an event was refused: ${answer.status} ${answer.body}`);
  }

  /** Sends an event, and gives whatever comes back. */
  post(event: object): Promise<Answer> {
    return this.#ask('POST', '/api/v1/events', JSON.stringify(event));
  }

  /** Has the daemon read its files again, and gives whatever comes back. */
  reload(): Promise<Answer> {
    return this.#ask('POST', '/api/v1/reload');
  }

  /** Has something done to a run, and gives whatever comes back. */
  repair(run: string, verb: string, body: object = {}): Promise<Answer> {
    return this.#ask('POST', `/api/v1/runs/${run}/${verb}`, JSON.stringify(body));
  }

  /** Decides on a proposal, and gives whatever comes back. */
  decide(proposal: string, decision: object): Promise<Answer> {
    const path = `/api/v1/proposals/${proposal}/decision`;
    return this.#ask('POST', path, JSON.stringify(decision));
  }

  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.#ask('GET', `/api/v1${path}`);
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
    return JSON.parse(body) as T;
  }

  /** The event with what became of it, once the router has passed `seq`. */
  event(id: string, seq = 0): Promise<EventDetail> {
    return this.get(`/events/${encodeURIComponent(id)}?min_seq=${seq}`);
  }

  /** Every run, newest first. */
  runs(): Promise<RunView[]> {
    return this.#all('/runs?', 'before');
  }

  /** Every dead letter that is open, newest first. */
  letters(): Promise<LetterView[]> {
    return this.#all('/dead-letters?state=open&', 'after');
  }

  /** Every event of a type, oldest first. */
  events(type: string): Promise<EventView[]> {
    return this.#all(`/events?type=${encodeURIComponent(type)}&`, 'after');
  }

  async #all<T>(path: string, cursor: 'after' | 'before'): Promise<T[]> {
    const found: T[] = [];
    for (let place = ''; ;) {
      const query = `${path}limit=${PAGE}${place}`;
      const page = await this.get<{ items: T[]; next: string | number | null }>(query);
      found.push(...page.items);
      if (page.next === null) return found;
      place = `&${cursor}=${page.next}`;
    }
  }

  /** Resolves when no run is open and the router has seen everything. */
  async quiet(): Promise<Stats> {
    let stats = await this.get<Stats>('/stats');
    while (!isQuiet(stats)) {
      const { queued, running, waiting } = stats.runs;
      // Each open run ends with a record of its own: before so many more it is no use to ask.
      stats = await this.statsAt(stats.events + queued + running + waiting);
    }
    return stats;
  }

  /** The counts, once the router has passed `seq`. */
  async statsAt(seq: number): Promise<Stats> {
    for (;;) {
      const { status, body } = await this.#ask('GET', `/api/v1/stats?min_seq=${seq}`);
      if (status === 200) return JSON.parse(body) as Stats;
      if (status !== 503) throw new Error(`stats: ${status} ${body}`);
    }
  }

  /** The log's events of a type as they come, until the daemon or this client ends. */
  async *stream(type: string): AsyncGenerator<StreamedEvent, undefined> {
    const path = `/api/v1/stream?after=0&type=${encodeURIComponent(type)}`;
    const { body } = await this.#pool.request({ method: 'GET', path, headers: this.#headers });
    for await (const line of linesOf(body)) {
      if (line.startsWith('data: ')) yield JSON.parse(line.slice(6)) as StreamedEvent;
    }
    return undefined;
  }

  async #ask(method: 'GET' | 'POST', path: string, sent?: string): Promise<Answer> {
    const asked = {
      method,
      path,
      headers: this.#headers,
      ...(sent === undefined ? {} : { body: sent }),
    };
    const { statusCode: status, headers, body } = await this.#pool.request(asked);
    return { status, headers, body: await body.text() };
  }
}

/** The counts of open runs and of ended ones are taken one after the other. */
function isQuiet({ runs, lag, dispositions }: Stats): boolean {
  const open = runs.queued + runs.running + runs.waiting;
  const undone = runs.declined + runs.compensated + runs.compensation_stuck;
  const ended = runs.succeeded + runs.failed + runs.noop + runs.cancelled + undone;
  return open === 0 && lag.router === 0 && ended === dispositions.started + runs.called;
}

/** The whole lines of a stream that is cut off by the end of its daemon, or of its reader. */
async function* linesOf(stream: Readable): AsyncGenerator<string, void> {
  stream.on('error', () => {}).setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of stream) {
      const lines = `${rest}${String(chunk)}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch {
    // What was whole has been yielded.
  }
}
