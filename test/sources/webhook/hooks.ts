import { createHmac } from 'node:crypto';
import type { Clock } from '../../../src/std/clock.ts';
import type { LogRecord } from '../../../src/store/contract.ts';
import { type Answer, type Question, send } from '../../server/api.ts';
import { type Harness, openHarness } from '../harness.ts';

export const SECRET = "It's a Secret to Everybody";

/** A real engine whose webhooks are heard on a port of their own. */
export interface Hooks extends Harness {
  /** Where they are heard, without `/hooks`. */
  readonly url: string;
  /** Posts to a path; JSON, where no content type is given. */
  post(path: string, question?: Question): Promise<Answer>;
}

export interface HooksOptions {
  /** The sources' own keys; each is a webhook. */
  readonly sources: readonly object[];
  /** Further keys of the configuration. */
  readonly settings?: object;
  readonly clock?: Clock;
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function openHooks(options: HooksOptions): Promise<Hooks> {
  const { sources, settings, ...rest } = options;
  const written = sources.map((source) => ({ type: 'webhook', ...source }));
  const yaml = JSON.stringify({ webhook_port: 0, sources: written, ...settings });
  const harness = await openHarness({ yaml, ...rest });
  const url = (harness.box.hooksUrl ?? '').replace(/\/hooks$/, '');
  return {
    ...harness,
    url,
    post: (path, { headers, ...question } = {}) =>
      send(url, path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        ...question,
      }),
  };
}

/** What GitHub and generic senders sign a body with. */
export function signed(body: string | Buffer, secret = SECRET): { 'x-hub-signature-256': string } {
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  return { 'x-hub-signature-256': `sha256=${digest}` };
}

/** What records say that a test looks at. */
export function told({ type, source, subject, trust, data }: LogRecord): object {
  return { type, source, subject, trust, data: JSON.parse(data) as unknown };
}
