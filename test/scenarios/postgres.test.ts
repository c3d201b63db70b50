import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres.ts';

const FLOWS = `
store: "\${DATABASE_URL:-sqlite}"
flows:
  greet:
    on: user.created
    steps:
      - { id: say, run: [echo, "hello {payload.name}"] }
      - { id: held, wait: { event: greeting.allowed, match: { name: "{payload.name}" } } }
      - { id: tell, emit: user.greeted, data: { text: "{steps.say.output}" } }
`;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

describe('store: postgres://...', () => {
  test('keeps the log of one daemon over a kill -9, and refuses what it lacks', async () => {
    const url = await server.database();
    const folder = makeFolder({ 'signalbox.yaml': FLOWS });
    const env = { DATABASE_URL: url };
    const first = await startDaemon(folder, [], { env });
    const data = JSON.stringify({ name: 'Ada' });
    const { stdout: id } = await signalbox(folder, ['emit', 'user.created', '--data', data]);
    await first.logged('step completed');
    const refused = await signalbox(folder, ['backup', join(folder, 'copy.db')]);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('pg_dump') as string,
    });
    expect(await signalboxJson(folder, ['status'])).toMatchObject({ store: 'postgres' });
    const elsewhere = makeFolder({ 'signalbox.yaml': FLOWS });
    const second = await signalbox(elsewhere, ['up', '--port', '0', '--store', url]);
    expect(second).toMatchObject({ code: 75, stdout: '' });
    await first.end('SIGKILL');

    // No command takes the empty data directory for a log.
    const asked = await signalbox(folder, ['events']);
    expect(asked).toMatchObject({
      code: 73,
      stderr: expect.stringContaining('PostgreSQL') as string,
    });
    expect(statSync(join(folder, '.signalbox', 'lock.db')).mode & 0o077).toBe(0);

    const { log, logged } = await startDaemon(folder, ['--store', url]);
    const repeated = ['emit', 'greeting.allowed', '--id', 'once', '--data', data];
    for (let i = 0; i < 2; i++)
      expect(await signalbox(folder, repeated)).toMatchObject({ code: 0 });
    await logged('run succeeded');
    const { items } = (await signalboxJson(folder, ['runs'])) as {
      readonly items: readonly { readonly event: string; readonly state: string }[];
    };
    expect(items).toMatchObject([{ event: id.trim(), state: 'succeeded' }]);
    expect(await signalboxJson(folder, ['verify'])).toMatchObject({ ok: true, chained: false });
    expect(await signalbox(folder, ['rebuild', '--check'])).toMatchObject({ code: 0 });
    expect(log()).not.toContain('error');
    expect((await signalbox(folder, ['verify'])).stdout).toContain('no digests');
  }, 120_000);
});
