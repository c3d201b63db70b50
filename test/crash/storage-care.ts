import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Random } from '../../src/std/random.ts';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';
import type { Status } from '../../src/views/engine-view.ts';
import { until } from '../server/until.ts';
import { ApiClient } from './api-client.ts';

/** Flows that answer each order, and a log of which the oldest second alone is kept. */
const CONFIGURATION = JSON.stringify({
  retention: { events: '1s', decisions: '1h', archive: 'archive' },
  flows: { ship: { on: 'order.placed', steps: [{ emit: 'order.shipped' }] } },
});
const ORDERS = 300;

/** What came of kills in the middle of the care for a store. */
export interface CareReport {
  readonly kills: number;
  readonly acknowledged: number;
  /** The last event that was taken out. */
  readonly trimmed: number;
}

/**
 * Kills a daemon again and again while it takes events, takes the oldest out and is copied: after
 * each start the log is proved, its rows are what it says, and what was acknowledged is there.
 */
export async function killDuringCare(kills: number, random: Random): Promise<CareReport> {
  const folder = makeFolder({ 'signalbox.yaml': CONFIGURATION });
  let [acknowledged, trimmed] = [0, 0];
  for (let kill = 0; kill < kills; kill++) {
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    const sent = Array.from({ length: ORDERS }, () => client.emit({ type: 'order.placed' }));
    const copied = signalbox(folder, ['backup', `${kill}.backup`]);
    const answers = Promise.allSettled(sent);
    // In turns: amid the work, or when all is done, so that the next start has much to take out.
    if (kill % 2 === 1) await Promise.all(sent.slice(0, Math.ceil(random() * ORDERS)));
    else await Promise.all([...sent, client.quiet()]);
    if (kill >= 2 && kill % 2 === 0) await somethingTaken(client);
    await daemon.end('SIGKILL');
    await copied;
    for (const answer of await answers) {
      if (answer.status === 'fulfilled' && answer.value !== undefined) acknowledged++;
    }
    const verified = (await signalboxJson(folder, ['verify', '--deep'])) as Verified;
    expect(verified).toMatchObject({ ok: true });
    expect(verified.events).toBeGreaterThanOrEqual(acknowledged);
    trimmed = verified.trimmed ?? 0;
    expect(await signalboxJson(folder, ['rebuild', '--check'])).toMatchObject({ ok: true });
  }
  await expectWholeFiles(folder);
  return { kills, acknowledged, trimmed };
}

/** Resolves once a part of the log was taken out: by then there is more than enough. */
async function somethingTaken(client: ApiClient): Promise<void> {
  await until(async () => {
    const { storage } = await client.get<Status>('/status');
    return storage.trimmed > 0 ? true : undefined;
  });
}

interface Verified {
  readonly events: number;
  readonly trimmed?: number;
}

/** A file that has its name is whole: a backup can be restored, a part of the archive is proved. */
async function expectWholeFiles(folder: string): Promise<void> {
  const backups = readdirSync(folder).filter((name) => name.endsWith('.backup'));
  for (const name of backups) {
    const { code } = await signalbox(folder, ['--data', `of-${name}`, 'restore', name]);
    expect(code).toBe(0);
  }
  const archive = join(folder, 'archive');
  const files = existsSync(archive) ? readdirSync(archive) : [];
  for (const name of files.filter((each) => each.endsWith('.gz'))) {
    const { code } = await signalbox(folder, ['verify', '--archive', join('archive', name)]);
    expect(code).toBe(0);
  }
}
