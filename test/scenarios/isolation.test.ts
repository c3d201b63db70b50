import { chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeFolder, signalbox, startDaemon, type StartOptions } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { processesNamed } from '../fixtures/processes.ts';
import { until } from '../fixtures/until.ts';

const HUNTER = fileURLToPath(new URL('hunter.mjs', import.meta.url));
const CANARY = 'canary-of-the-daemon';
/** A user who owns nothing here, for whom a test that root runs is repeated. */
const STRANGER = 12_345;
const AS_STRANGER = ['setpriv', `--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups'];
/** Whoever runs the tests; and where that is root, also somebody who is not. */
const USERS = [
  { user: 'this user', prefix: [] },
  ...(process.getuid?.() === 0 ? [{ user: 'another user', prefix: AS_STRANGER }] : []),
];

test.each(USERS)(
  'of $user, a step that hunts for token and daemon finds none',
  async ({ prefix }) => {
    const { found, log, status } = await hunt({ prefix }, 'auto');
    expect(found).toEqual([]);
    expect(log).toMatch(/commands do not see the daemon or its data by=(namespaces|bubblewrap)/);
    expect(status).toMatch(/isolation +(namespaces|bubblewrap)/);
  },
);

test('where it would find them, the product has said so', async () => {
  const { found, log, status } = await hunt({}, 'off');
  expect(found).toEqual(expect.arrayContaining(['the file token', 'the daemon by its number']));
  expect(found).toEqual(expect.arrayContaining(['the canary of a process']));
  expect(log).toMatch(/WARN.*gates are advisory.*reason="security.isolation is off"/i);
  expect(status).toMatch(/isolation +none: gates are advisory \(security.isolation is off\)/);
});

test('a daemon that may not do without isolation refuses to start', async () => {
  const security = { require_isolation: true, isolation: 'off' };
  const folder = makeFolder({ 'signalbox.yaml': JSON.stringify({ security }) });
  const { code, stderr } = await signalbox(folder, ['up', '--port', '0']);
  expect([code, stderr]).toEqual([77, expect.stringContaining('security.isolation is off')]);
  expect(stderr).toContain('security.require_isolation is set');
});

test('no isolated step outlives a daemon that is killed', async () => {
  const sleep = `sleep 30000.${process.pid}`;
  const steps = [{ run: `setsid ${sleep} & ${sleep}`, shell: true }];
  const flows = JSON.stringify({ flows: { f: { on: 'x', steps } } });
  const daemon = await startDaemon(makeFolder({ 'signalbox.yaml': flows }));
  await new ApiClient(daemon.ready).emit({ type: 'x' });
  const left = (): number => processesNamed(sleep.replace(' ', '\0')).length;
  await until(() => left() >= 2);
  await daemon.end('SIGKILL');
  await until(() => left() === 0);
  expect(left()).toBe(0);
});

/** What a step finds that hunts, and what the daemon had said before. */
async function hunt(
  options: StartOptions,
  isolation: 'auto' | 'off',
): Promise<{ readonly found: unknown; readonly log: string; readonly status: string }> {
  const words = ['{payload.data}', '{payload.url}', '{payload.pid}', CANARY];
  const steps = [{ run: [process.execPath, HUNTER, ...words] }];
  const flows = { hunt: { on: 'hunt', steps } };
  const text = JSON.stringify({ flows, security: { isolation } });
  const folder = makeFolder({ 'signalbox.yaml': text });
  if ((options.prefix ?? []).length > 0) chownSync(folder, STRANGER, STRANGER);
  const daemon = await startDaemon(folder, [], { ...options, env: { CANARY } });
  const { data, url, pid } = daemon.ready;
  const client = new ApiClient(daemon.ready);
  await client.emit({ type: 'hunt', data: { data, url, pid: String(pid) } });
  await client.quiet();
  const status = await signalbox(folder, ['status'], options);
  await daemon.end();
  const found: unknown = JSON.parse(readFileSync(join(folder, 'found.json'), 'utf8'));
  return { found, log: daemon.log(), status: status.stdout };
}
