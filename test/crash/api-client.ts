import { readFileSync } from 'node:fs';
import type { Ready } from '../cli/signalbox.ts';

/** How an emit ended: acknowledged as this seq, or nobody knows. */
export type Emitted = { readonly seq: number; readonly duplicate: boolean } | undefined;

/** A client of a daemon that may die at any moment. */
export class ApiClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, token_file: file }: Ready) {
    this.#url = `${url}/api/v1`;
    const authorization = `Bearer ${readFileSync(file, 'utf8').trim()}`;
    this.#headers = { authorization, 'content-type': 'application/json' };
  }

  /** Undefined where the daemon died before it answered. */
  async emit(event: object): Promise<Emitted> {
    try {
      const body = JSON.stringify(event);
      const answer = await fetch(`${this.#url}/events`, { method: 'POST', headers: this.#headers, body });
      if (answer.status === 202) return (await answer.json()) as Emitted;
      if (answer.status === 503) return undefined;
    } catch {
      return undefined;
    }
    throw new Error('an event was refused');
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(`${this.#url}${path}`, { headers: this.#headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Resolves when nothing is queued, running or waiting to be routed. */
  async quiet(): Promise<Stats> {
    for (;;) {
      const stats = await this.get<Stats>('/stats');
      const { queued, running, waiting } = stats.runs;
      if (queued + running + waiting === 0 && stats.lag.router === 0) return stats;
    }
  }
}

export interface Stats {
  readonly runs: Readonly<Record<'queued' | 'running' | 'waiting' | 'succeeded' | 'failed', number>>;
  readonly lag: { readonly router: number };
  readonly dispositions: Readonly<Record<string, number>>;
}
