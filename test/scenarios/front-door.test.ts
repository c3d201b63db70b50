import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, type Ready, signalbox, startDaemon } from '../cli/signalbox.ts';
import { nextTurn } from '../../src/std/turn.ts';

/** Does what a curious command would, and gives what it was answered. */
const CURIOUS = `
const { SIGNALBOX_URL: url, SIGNALBOX_TOKEN: token } = process.env;
const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' };
const ask = async (method, path, body) =>
  (await fetch(url + path, { method, headers, body: JSON.stringify(body) })).status;
const told = { told: await ask('POST', '/api/v1/events', { type: 'told.by_step', actor: 'lead' }) };
for (const path of ['status', 'events', 'tokens', 'runs', 'stream']) {
  told[path] = await ask('GET', '/api/v1/' + path);
}
for (const path of ['pause', 'reload', 'runs', 'tokens', 'login-links']) {
  told['post ' + path] = await ask('POST', '/api/v1/' + path, {});
}
console.log(JSON.stringify({ ...told, token, env: Object.keys(process.env).sort() }));
`;

const FILE = `
people: { kim: { roles: [viewer] } }
flows:
  curious:
    on: hello
    steps:
      - id: look
        run: [${process.execPath}, --input-type=module, -e, ${JSON.stringify(CURIOUS)}]
`;

async function statusOf({ url }: Ready, token: string): Promise<number> {
  return (await fetch(`${url}/api/v1/whoami`, { headers: { authorization: `Bearer ${token}` } }))
    .status;
}

function tokenIn(text: string): string {
  return /\bsbt_[0-9a-z]{52}\b/.exec(text)?.[0] ?? '';
}

/** Asks the daemon as its owner, for JSON. */
async function asOwner(
  { url, token_file: file }: Ready,
  path: string,
  body?: object,
): Promise<Json> {
  const authorization = `Bearer ${readFileSync(file, 'utf8').trim()}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const asked = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  return (await fetch(`${url}/api/v1/${path}`, { headers, ...asked })).json() as Promise<Json>;
}

type Json = Readonly<Record<string, unknown>>;

async function tokenFor(ready: Ready, wish: object): Promise<string> {
  return String((await asOwner(ready, 'tokens', wish))['token']);
}

/** The run of the flow, once it has ended. */
async function endedRun(ready: Ready): Promise<Json> {
  for (;;) {
    const { items } = await asOwner(ready, 'runs?flow=curious');
    const [run = {}] = items as readonly Json[];
    if (run['ended'] !== null && run['ended'] !== undefined) return run;
    await nextTurn();
  }
}

describe('the front door', () => {
  test('is open to steps as far as their run goes, and no secret is kept', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FILE });
    const { ready, log } = await startDaemon(folder);
    await asOwner(ready, 'events', { type: 'hello' });
    const run = await endedRun(ready);
    const [{ output } = { output: {} }] = run['steps'] as readonly Json[];
    expect(output).toMatchObject({
      told: 202,
      status: 403,
      events: 403,
      tokens: 403,
      runs: 403,
      stream: 403,
      'post pause': 403,
      'post tokens': 403,
      'post login-links': 403,
      token: '[secret]',
    });
    const { items } = await asOwner(ready, 'events?type=told.by_step');
    expect(items).toMatchObject([
      {
        causationid: run['id'],
        correlationid: run['correlationid'],
        actor: expect.stringMatching(/^run:\d+$/) as string,
        hops: 1,
      },
    ]);
    expect(await asOwner(ready, 'verify')).toMatchObject({ ok: true });
    const files = readdirSync(ready.data).map((name) => join(ready.data, name));
    const bytes = files.map((file) => readFileSync(file, 'latin1')).join('');
    expect(bytes + log()).not.toMatch(/sb[trsl]_[0-9a-z]{8}/);
    expect(files.filter((file) => (statSync(file).mode & 0o077) !== 0)).toEqual([]);
  });

  test('stays shut for what was taken back, over a kill and a reload', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FILE });
    const { ready, end } = await startDaemon(folder);
    const made = await signalbox(folder, ['tokens', 'create', '--name', 'ci', '--role', 'viewer']);
    const ci = tokenIn(made.stdout);
    const old = await tokenFor(ready, { name: 'old', role: 'admin' });
    const kim = await tokenFor(ready, { name: 'tablet', role: 'admin', person: 'kim' });
    for (const token of [ci, old, kim]) expect(await statusOf(ready, token)).toBe(200);
    await asOwner(ready, 'tokens/old/revoke', {});
    await end('SIGKILL');
    const { ready: again } = await startDaemon(folder);
    const statuses = [ci, old, kim].map((token) => statusOf(again, token));
    expect(await Promise.all(statuses)).toEqual([200, 401, 200]);
    const refused = await signalbox(folder, ['pause', '--token', ci]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('yours is viewer')]);
    const env = { SIGNALBOX_URL: again.url, SIGNALBOX_TOKEN: ci };
    const elsewhere = makeFolder();
    expect((await signalbox(elsewhere, ['status'], { env })).code).toBe(0);
    expect((await signalbox(elsewhere, ['status', '--data', 'x'], { env })).code).toBe(69);
    writeFileSync(join(folder, 'signalbox.yaml'), FILE.replace('kim:', 'jo:'));
    expect(await asOwner(again, 'plan')).toMatchObject({ needs_restart: [] });
    await asOwner(again, 'reload', {});
    expect(await statusOf(again, kim)).toBe(401);
  });
});

describe('a daemon does not start', () => {
  test('where other machines would reach it without HTTPS', async () => {
    const folder = makeFolder({ 'signalbox.yaml': 'host: 0.0.0.0\nflows: {}\n' });
    const { code, stderr } = await signalbox(folder, ['up', '--port', '0']);
    expect([code, stderr]).toEqual([77, expect.stringContaining('--behind-proxy')]);
    const { ready } = await startDaemon(folder, ['--behind-proxy']);
    const { port } = new URL(ready.url);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect((await signalbox(folder, ['status'])).stderr).toBe('');
    expect((await signalbox(folder, ['login'])).stdout).toContain(`http://127.0.0.1:${port}/login`);
  });

  test('on files that others may write, and says which', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FILE });
    mkdirSync(join(folder, 'flows'));
    chmodSync(join(folder, 'signalbox.yaml'), 0o666);
    const { code, stderr } = await signalbox(folder, ['up', '--port', '0']);
    expect([code, stderr]).toEqual([
      77,
      expect.stringContaining('everybody may write signalbox.yaml'),
    ]);
  });

  test('in a directory that others may write in, or that is none', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FILE });
    const data = join(folder, 'data');
    mkdirSync(data);
    chmodSync(data, 0o777);
    const shared = await signalbox(folder, ['up', '--port', '0', '--data', data]);
    expect([shared.code, shared.stderr]).toEqual([73, expect.stringContaining('chmod go-w')]);
    symlinkSync('/proc/self/nowhere', join(folder, 'link'));
    const lost = await signalbox(folder, ['up', '--port', '0', '--data', join(folder, 'link')]);
    expect(lost.code).toBe(73);
  });
});
