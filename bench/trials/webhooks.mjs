// @ts-check
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sendWebhooks, WEBHOOK } from '../load/webhook-senders.mjs';
import { startDaemon } from '../signalbox/daemon.mjs';
import { writeConfiguration } from '../signalbox/engine.mjs';

const RECEIVER = fileURLToPath(new URL('../raw/webhook-receiver.mjs', import.meta.url));
const WARM_UP_MS = 1_000;
const PAGE = 500;

/**
 * Signed webhooks a second, to Signalbox's daemon or to a receiver that stores nothing; of the
 * daemon also how many that it accepted are lost when it is killed in the middle of it.
 *
 * @param {{ subject: string; directory: string; dist: string; durationMs: number }} options
 */
export async function measureWebhooks({ subject, directory, dist, durationMs }) {
  if (subject === 'raw') return measureReceiver(durationMs);
  const { path, secret, idHeader: id_header } = WEBHOOK;
  const sources = [{ type: 'webhook', path, secret, id_header }];
  const settings = ['webhook_port: 0', `sources: ${JSON.stringify(sources)}`];
  const config = writeConfiguration(join(directory, 'config'), [], settings);
  const start = () => startDaemon({ dist, config, data: join(directory, 'data') });
  const daemon = await start();
  const warm = await sendWebhooks({ url: daemon.hooks, durationMs: WARM_UP_MS, prefix: 'warm' });
  const sent = await sendWebhooks({ url: daemon.hooks, durationMs, prefix: 'sent' });
  const killed = sendWebhooks({ url: daemon.hooks, durationMs: WARM_UP_MS * 10, prefix: 'killed' });
  setTimeout(() => daemon.kill(), WARM_UP_MS);
  const accepted = [warm, sent, await killed].flatMap((each) => each.accepted);
  const next = await start();
  const ids = await recordedIds(next);
  await next.stop();
  return { per_s: rateOf(sent), lost: accepted.filter((id) => !ids.has(id)).length };
}

/** @param {number} durationMs */
async function measureReceiver(durationMs) {
  const child = spawn(process.execPath, [RECEIVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve) => {
    createInterface({ input: child.stdout }).once('line', resolve);
  });
  await sendWebhooks({ url, durationMs: WARM_UP_MS, prefix: 'warm' });
  const sent = await sendWebhooks({ url, durationMs, prefix: 'sent' });
  child.kill('SIGKILL');
  return { per_s: rateOf(sent) };
}

/** @param {{ accepted: string[]; elapsedMs: number }} sent */
function rateOf({ accepted, elapsedMs }) {
  return (accepted.length / elapsedMs) * 1_000;
}

/** @param {import('../signalbox/daemon.mjs').Daemon} daemon */
async function recordedIds(daemon) {
  const ids = new Set();
  for (let after = 0; ;) {
    const query = `type=webhook.received&limit=${PAGE}&after=${after}`;
    const page = /** @type {{ items: { id: string }[]; next: number | null }} */ (
      await daemon.get(`/api/v1/events?${query}`)
    );
    for (const { id } of page.items) ids.add(id);
    if (page.next === null) return ids;
    after = page.next;
  }
}
