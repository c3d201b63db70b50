import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../server/until.ts';
import { makeFolder, signalbox, signalboxJson, startDaemon } from './signalbox.ts';

const RETENTION = 'retention: { events: 1s, archive: archive }';
const FLOWS = `
flows:
  greet: { on: user.created, steps: [{ run: [node, -e, "console.log('{payload.name}'.length)"] }] }
`;

test('a log is copied beside its daemon, erased in part, cut and restored', async () => {
  const folder = makeFolder({ 'signalbox.yaml': FLOWS });
  const daemon = await startDaemon(folder);
  await signalbox(folder, [
    'emit',
    'user.created',
    '--data',
    '{"name":"Ada"}',
    '--id',
    'u-1',
    '--wait',
  ]);

  const copied = await signalbox(folder, ['backup', 'b.db']);
  expect(copied.stdout).toMatch(
    /^b\.db holds \d+ events, [\d,]+ bytes, and was read again whole\.\n$/,
  );
  expect(statSync(join(folder, 'b.db')).mode & 0o777).toBe(0o600);
  expect(await signalbox(folder, ['backup', 'b.db'])).toMatchObject({ code: 2 });
  expect(await signalbox(folder, ['restore', 'b.db', '--replace'])).toMatchObject({ code: 75 });

  const erased = await signalbox(folder, ['events', 'erase', 'u-1', '--reason', 'asked']);
  expect(erased).toMatchObject({
    code: 0,
    stdout: 'The data of u-1 is erased from the log for good.\n',
  });
  expect((await signalbox(folder, ['events', 'erase', 'u-1'])).stdout).toContain('erased before');
  expect(await signalbox(folder, ['events', 'erase', 'u-9'])).toMatchObject({ code: 2 });
  expect(await signalbox(folder, ['events', 'erase', '1'])).toMatchObject({ code: 1 });
  expect(await signalboxJson(folder, ['events', 'show', 'u-1'])).toMatchObject({
    data: { erased: true },
  });
  expect(await signalboxJson(folder, ['verify'])).toMatchObject({ ok: true, erased: 1 });
  expect(await daemon.end()).toBe(0);

  writeFileSync(join(folder, 'signalbox.yaml'), RETENTION + FLOWS);
  const next = await startDaemon(folder, ['--apply']);
  await next.logged('the oldest part was taken out of the log');
  expect(await signalboxJson(folder, ['verify', '--deep'])).toMatchObject({ ok: true });
  expect(await signalboxJson(folder, ['rebuild', '--check'])).toMatchObject({ ok: true });
  const status = await signalbox(folder, ['status']);
  expect(status.stdout).toMatch(/storage +[\d.]+ [KM]iB, the log begins behind event \d+/);
  expect(await next.end()).toBe(0);
  const [file = ''] = readdirSync(join(folder, 'archive'));
  const proved = await signalbox(folder, ['verify', '--archive', join('archive', file)]);
  expect(proved).toMatchObject({ code: 0 });
  expect(proved.stdout).toContain('none missing, none changed');
  writeFileSync(join(folder, 'none.gz'), 'nothing');
  expect(await signalbox(folder, ['verify', '--archive', 'none.gz'])).toMatchObject({ code: 76 });
  expect(await signalbox(folder, ['verify', '--archive', 'absent.gz'])).toMatchObject({ code: 76 });

  expect(await signalbox(folder, ['restore', 'b.db'])).toMatchObject({ code: 73 });
  expect(await signalbox(folder, ['restore', 'absent'])).toMatchObject({ code: 2 });
  expect(await signalbox(folder, ['restore', 'none.gz', '--replace'])).toMatchObject({ code: 76 });
  const restored = await signalbox(folder, ['restore', 'b.db', '--replace']);
  expect(restored).toMatchObject({ code: 0 });
  expect(restored.stdout).toContain('as incarnation 2 of the log');
  expect(existsSync(join(folder, '.signalbox', 'signalbox.db.replaced'))).toBe(true);
  const last = await startDaemon(folder);
  expect(await signalboxJson(folder, ['status'])).toMatchObject({
    state: 'paused',
    paused: [{ flow: null, by: 'restore' }],
  });
  await signalbox(folder, ['resume']);
  expect(await signalboxJson(folder, ['status'])).toMatchObject({ state: 'running' });
  expect(await signalboxJson(folder, ['verify'])).toMatchObject({ ok: true });
  expect(await last.end()).toBe(0);
});

test('what was under way in a backup waits for resume, and is told as uncertain', async () => {
  const step = { id: 'work', run: ['sh', '-c', 'echo begun >> work.log; sleep 30000'] };
  const flows = { flows: { slow: { on: 'go', steps: [step] } } };
  const folder = makeFolder({ 'signalbox.yaml': JSON.stringify(flows) });
  const daemon = await startDaemon(folder);
  await signalbox(folder, ['emit', 'go']);
  const begun = (): number => {
    const file = join(folder, 'work.log');
    return existsSync(file) ? statSync(file).size / 'begun\n'.length : 0;
  };
  await until(() => (begun() === 1 ? true : undefined));
  await signalbox(folder, ['tokens', 'create', '--name', 'lost', '--role', 'viewer']);
  await signalbox(folder, ['backup', 'b.db']);
  await signalbox(folder, ['tokens', 'revoke', 'lost']);
  await daemon.end('SIGKILL');
  const restored = await signalbox(folder, ['restore', 'b.db', '--replace']);
  expect(restored).toMatchObject({ code: 0 });
  expect(restored.stdout).toContain('taken back since let somebody in again: signalbox tokens');
  expect((await signalbox(folder, ['tokens', 'revoke', 'lost'])).code).toBe(0);
  expect(await signalboxJson(folder, ['effects', '--uncertain'])).toMatchObject({
    items: [{ flow: 'slow', step: 'work', doubt: 'twice' }],
  });
  await startDaemon(folder);
  await signalbox(folder, ['emit', 'go']);
  expect(await signalboxJson(folder, ['status'])).toMatchObject({ state: 'paused', running: 0 });
  expect(begun()).toBe(1);
  await signalbox(folder, ['resume']);
  await until(() => (begun() === 3 ? true : undefined));
});
