import { createHmac } from 'node:crypto';
import { HookListener } from '../../../src/sources/webhook/listener.ts';
import {
  LISTENER_LIMITS,
  type ListenerLimits,
} from '../../../src/sources/webhook/open-listener.ts';
import { webhookSource } from '../../../src/sources/webhook/webhook.ts';
import type { LogRecord } from '../../../src/store/contract.ts';
import { trustOf } from '../../../src/store/record.ts';
import { type Answer, type Question, send } from '../../server/api.ts';
import { until } from '../../server/until.ts';
import { type Harness, type HarnessOptions, openHarness } from '../harness.ts';

export const SECRET = "It's a Secret to Everybody";

/** A real engine whose webhooks are heard on a port of their own. */
export interface Hooks extends Harness {
  /** Where they are heard, without `/hooks`. */
  readonly url: string;
  /** Posts to a path; JSON, where no content type is given. */
  readonly post: (path: string, question?: Question) => Promise<Answer>;
  /** The data of the events of a type, once there are so many. */
  readonly data: (type: string, count: number) => Promise<Record<string, unknown>[]>;
}

export interface HooksOptions extends Omit<HarnessOptions, 'yaml' | 'sources' | 'sourceKinds'> {
  /** The sources' own keys; each is a webhook. */
  readonly hooks: readonly object[];
  /** Further keys of the configuration. */
  readonly settings?: object;
  readonly limits?: Partial<ListenerLimits>;
  readonly hosts?: readonly string[];
}

export async function openHooks(options: HooksOptions): Promise<Hooks> {
  const { hooks, settings, limits, hosts = [], ...rest } = options;
  const sources = hooks.map((source) => ({ type: 'webhook', ...source }));
  const yaml = JSON.stringify({ webhook_port: 0, sources, ...settings });
  const listener = new HookListener({
    host: '127.0.0.1',
    port: 0,
    hosts,
    limits: { ...LISTENER_LIMITS, ...limits },
  });
  const harness = await openHarness({ yaml, sourceKinds: [webhookSource(listener)], ...rest });
  const { url = '' } = listener;
  return {
    ...harness,
    url,
    post: (path, { headers, ...question } = {}) =>
      send(url, path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        ...question,
      }),
    data: (type, count) =>
      until(async () => {
        const records = await harness.records(type);
        return records.length < count
          ? undefined
          : records.map(({ data }) => JSON.parse(data) as Record<string, unknown>);
      }),
  };
}

/** What GitHub and generic senders sign a body with. */
export function signed(body: string | Buffer, secret = SECRET): { 'x-hub-signature-256': string } {
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  return { 'x-hub-signature-256': `sha256=${digest}` };
}

/** What records say that a test looks at. */
export function told(record: LogRecord): object {
  const { type, source, subject } = record;
  return { type, source, subject, trust: trustOf(record) };
}
