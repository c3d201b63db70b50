import { createHmac } from 'node:crypto';
import { appendFileSync, cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ApiClient } from '../crash/api-client.ts';
import { makeFolder, type Ready, signalbox, startDaemon } from '../cli/signalbox.ts';

const DEPLOY = fileURLToPath(new URL('../../examples/deploy', import.meta.url));
const SECRET = 'wandering-otter';
const ENV = { WEBHOOK_SECRET: SECRET };

function copyDeploy(): string {
  const folder = makeFolder();
  cpSync(DEPLOY, folder, { recursive: true });
  // Other daemons may run on this machine.
  appendFileSync(join(folder, 'signalbox.yaml'), '\nwebhook_port: 0\n');
  return folder;
}

/** Tells of a deployment as its tool would, and gives the answer's status. */
async function deploy({ hooks }: Ready, body: string, secret = SECRET): Promise<number> {
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'x-signature': `sha256=${digest}`,
    'x-delivery': `d-${digest.slice(0, 8)}`,
  };
  return (await fetch(`${hooks}/deploy`, { method: 'POST', headers, body })).status;
}

describe('the deployment', () => {
  test('has nothing to find fault with, and does not start without a secret', async () => {
    const folder = copyDeploy();
    const { code, stdout } = await signalbox(folder, ['check', '--strict'], { env: ENV });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 flow, nothing found.\n' });
    expect((await signalbox(folder, ['check'])).code).toBe(65);
  });

  test('becomes release notes, once, and only where it is signed', async () => {
    const folder = copyDeploy();
    const { ready } = await startDaemon(folder, [], { env: ENV });
    const body = '{"environment": "production", "version": "1.2.0"}';
    expect(await deploy(ready, body, 'another')).toBe(401);
    expect(await deploy(ready, body)).toBe(202);
    expect(await deploy(ready, body)).toBe(200);
    const { runs } = await new ApiClient(ready).quiet();
    expect(runs).toMatchObject({ succeeded: 1, failed: 0 });
    const notes = readFileSync(join(folder, 'notes', '1.2.0.md'), 'utf8');
    expect(notes).toMatch(/^# 1\.2\.0, in production\n\n- Deployments are heard/);
  });

  test('of a version that is none fails its run, and writes nowhere', async () => {
    const folder = copyDeploy();
    const { ready } = await startDaemon(folder, [], { env: ENV });
    const version = '../../$(touch here)`touch here`';
    expect(await deploy(ready, JSON.stringify({ environment: 'x', version }))).toBe(202);
    const { runs } = await new ApiClient(ready).quiet();
    expect(runs).toMatchObject({ succeeded: 0, failed: 1 });
    expect(existsSync(join(folder, 'here'))).toBe(false);
    expect(existsSync(join(folder, 'notes'))).toBe(false);
  });
});
