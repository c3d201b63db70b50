import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, type Ready, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';

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

interface Shown {
  readonly [member: string]: unknown;
  readonly items: readonly Record<string, unknown>[];
}

async function shown(folder: string, ...args: string[]): Promise<Shown> {
  return (await signalboxJson(folder, args)) as Shown;
}

async function statusOf({ url }: Ready, token: string, path = '/api/v1/whoami'): Promise<number> {
  return (await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })).status;
}

function tokenIn(text: string): string {
  return /\bsbt_[0-9a-z]{52}\b/.exec(text)?.[0] ?? '';
}

describe('the front door', () => {
  test('is open to steps as far as their run goes, and holds over kills', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FILE });
    const { ready, child } = await startDaemon(folder);
    expect((await signalbox(folder, ['emit', 'hello', '--wait'])).code).toBe(0);
    const { items } = await shown(folder, 'runs', 'ls', '--flow', 'curious');
    const [run = {}] = items;
    const [{ output } = { output: {} }] = run['steps'] as { readonly output: object }[];
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
    const told = await shown(folder, 'events', '9', '--type', 'told.by_step');
    expect(told.items).toMatchObject([
      {
        causationid: run['id'],
        correlationid: run['correlationid'],
        actor: expect.stringMatching(/^run:\d+$/) as string,
        hops: 1,
      },
    ]);

    const made = await signalbox(folder, ['tokens', 'create', '--name', 'ci', '--role', 'viewer']);
    const gone = await signalbox(folder, ['tokens', 'create', '--name', 'old', '--role', 'admin']);
    const [ci, old] = [tokenIn(made.stdout), tokenIn(gone.stdout)];
    expect([await statusOf(ready, ci), await statusOf(ready, old)]).toEqual([200, 200]);
    expect((await signalbox(folder, ['tokens', 'revoke', 'old'])).code).toBe(0);
    child.kill('SIGKILL');
    const again = await startDaemon(folder);
    expect([await statusOf(again.ready, ci), await statusOf(again.ready, old)]).toEqual([200, 401]);
    expect((await signalbox(folder, ['status', '--token', ci])).code).toBe(0);
    const refused = await signalbox(folder, ['pause', '--token', ci]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('yours is viewer')]);
    expect((await shown(folder, 'verify'))['ok']).toBe(true);

    const files = readdirSync(again.ready.data).map((name) => join(again.ready.data, name));
    const bytes = files.map((file) => readFileSync(file, 'latin1')).join('');
    for (const secret of ['sbr_', ci.slice(4), old.slice(4)]) expect(bytes).not.toContain(secret);
    expect(again.log()).not.toMatch(/sb[trsl]_[0-9a-z]{8}/);
    const open = files.filter((file) => (statSync(file).mode & 0o077) !== 0);
    expect(open).toEqual([]);
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
    chmodSync(data, 0o755);
    const { ready } = await startDaemon(folder, ['--data', data]);
    expect((statSync(ready.data).mode & 0o777).toString(8)).toBe('700');
  });
});
