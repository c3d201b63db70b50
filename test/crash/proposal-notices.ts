import { once } from 'node:events';
import { expect } from 'vitest';
import { seededRandom } from '../../src/std/random.ts';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { type Answer, type Received, startTarget, type Target } from '../fixtures/http-target.ts';
import { ApiClient } from './api-client.ts';
import { expectSoundLog } from './siege.ts';

/** What came of the proposals. */
export interface NoticeReport {
  readonly kills: number;
  /** Messages that a webhook heard of more often than once. */
  readonly repeats: number;
  /** How often each answer was given. */
  readonly answers: Readonly<Record<string, number>>;
}

/** What a webhook of Slack may answer when it does not take a message: each message meets one. */
const REFUSALS: Readonly<Record<string, Answer>> = {
  429: (response) => void response.writeHead(429, { 'retry-after': '1' }).end('rate_limited'),
  500: (response) => void response.writeHead(500).end('internal_error'),
  cut: (response) => void response.destroy(),
};
/** Requests that a daemon makes before it is killed in one: each of its lives has so many. */
const REQUESTS_MAX = 2;

/** Stands where Slack does: hears messages, and takes each after it has refused it once. */
class SlackWebhook {
  /** The bodies that came under each dedupe id. */
  readonly heard = new Map<string, string[]>();
  readonly answers: Record<string, number> = {};
  /** Called where a request is not to be answered, since its sender dies. */
  onLast: () => void = () => {};
  /** Requests until then. */
  left = Infinity;
  readonly #refused = new Set<string>();

  readonly answer: Answer = (response, request) => {
    const { id, body } = messageIn(request);
    this.heard.set(id, [...(this.heard.get(id) ?? []), body]);
    if (--this.left <= 0) return this.onLast();
    if (this.#refused.has(id)) {
      this.#count('ok');
      return void response.end('ok');
    }
    const names = Object.keys(REFUSALS);
    const name = names[this.#refused.size % names.length] ?? '';
    this.#refused.add(id);
    this.#count(name);
    return REFUSALS[name]?.(response, request);
  };

  #count(name: string): void {
    this.answers[name] = (this.answers[name] ?? 0) + 1;
  }
}

/**
 * Kills a daemon again and again while it posts to a webhook what people are told of proposals.
 * Fails where somebody is not told of one, where anything else comes, where a repeat has other
 * words or another id, or where log and rows are not sound.
 */
export async function killNotices(kills: number, seed: number): Promise<NoticeReport> {
  const random = seededRandom(seed);
  const slack = new SlackWebhook();
  const target = await startTarget(slack.answer);
  const folder = makeFolder({ 'signalbox.yaml': configuration(target) });
  for (let kill = 0; kill < kills; kill++) {
    const { ready, child } = await startDaemon(folder);
    const gone = once(child, 'exit');
    slack.left = 1 + Math.floor(random() * REQUESTS_MAX);
    slack.onLast = () => void child.kill('SIGKILL');
    await Promise.all([ask(new ApiClient(ready), kill + 1), gone]);
  }
  slack.left = Infinity;
  const { ready, end } = await startDaemon(folder);
  const client = new ApiClient(ready);
  await ask(client, kills);
  await told(client, kills);
  const requested = idsOf(await client.events('notification.requested'));
  const sent = idsOf(await client.events('notification.sent'));
  expect(await end()).toBe(0);
  await target.stop();
  expect(sent).toEqual(requested);
  expect(requested).toHaveLength(kills);
  expect([...slack.heard.keys()].toSorted()).toEqual(requested);
  for (const bodies of slack.heard.values()) expect(new Set(bodies).size).toBe(1);
  await expectSoundLog(folder);
  const repeats = [...slack.heard.values()].filter(({ length }) => length > 1).length;
  return { kills, repeats, answers: slack.answers };
}

function configuration({ port, url }: Target): string {
  return JSON.stringify({
    security: { http_allow: [`127.0.0.1:${port}`] },
    channels: { ops: { slack: `${url}/services/T0/B0/secret` } },
    gates: { notify: ['ops'] },
    flows: { ship: { on: 'go', steps: [{ emit: 'shipped', gate: { risk: 'high' } }] } },
  });
}

/** Has so many proposals opened, those that are there already once more under the same id. */
async function ask(client: ApiClient, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, n) => `go-${n}`);
  await Promise.all(ids.map((id) => client.emit({ type: 'go', id })));
}

/** Resolves when people have been told so often. */
async function told(client: ApiClient, count: number): Promise<void> {
  let left = count;
  for await (const { type } of client.stream('notification.sent'))
    if (type === 'notification.sent' && --left === 0) return;
  throw new Error('the daemon ended before everybody was told');
}

function messageIn({ headers, body }: Received): { readonly id: string; readonly body: string } {
  return { id: String(headers['idempotency-key']), body };
}

function idsOf(events: readonly { readonly data: unknown }[]): string[] {
  return events.map(({ data }) => (data as { readonly dedupe_id: string }).dedupe_id).toSorted();
}
