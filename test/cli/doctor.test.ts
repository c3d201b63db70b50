import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../fixtures/http-target.ts';
import { makeFolder, signalbox, startDaemon } from './signalbox.ts';

interface Report {
  readonly ok: boolean;
  readonly findings: readonly { readonly level: string; readonly about: string }[];
}

test('all is well with a plain project, and a line says so of each thing', async () => {
  const folder = makeFolder({ 'signalbox.yaml': 'port: 0\n' });
  const { code, stdout, stderr } = await signalbox(folder, ['doctor']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^ok {8}configuration {2}The files are sound\.$/m);
  expect(stdout).toMatch(/^ok {8}isolation {6}Steps see neither the daemon nor its data/m);
  expect(stdout).toMatch(/\n\d+ ok, 0 weaker, 0 obstacles\.\n$/);
});

test('what is weaker and what stands in the way is told, with exit code 1', async () => {
  const taken = createServer();
  onTestFinished(() => void taken.close());
  const { port } = await listen(taken);
  const folder = makeFolder({
    'signalbox.yaml': JSON.stringify({
      port,
      queue_overflow: 'drop',
      security: { isolation: 'off' },
      sources: [{ type: 'webhook', path: '/hooks/open', auth: 'none' }],
    }),
  });
  mkdirSync(join(folder, '.signalbox'), { mode: 0o755 });
  writeFileSync(join(folder, '.signalbox/token'), `${'t'.repeat(52)}\n`, { mode: 0o644 });
  const { code, stdout } = await signalbox(folder, ['doctor', '--json']);
  const { ok, findings } = JSON.parse(stdout) as Report;
  expect([code, ok]).toEqual([1, false]);
  const wrong = findings.filter(({ level }) => level !== 'ok').map(({ about }) => about);
  expect(wrong).toEqual(
    expect.arrayContaining(['queue_overflow', 'webhook:open', 'isolation', 'data', 'port']),
  );
});

test('files that others may change are told, and nothing of what they set', async () => {
  const folder = makeFolder({ 'signalbox.yaml': 'queue_overflow: drop\n' });
  chmodSync(join(folder, 'signalbox.yaml'), 0o666);
  const { code, stdout } = await signalbox(folder, ['doctor', '--json']);
  const { findings } = JSON.parse(stdout) as Report;
  const wrong = findings.filter(({ level }) => level !== 'ok').map(({ about }) => about);
  expect([code, wrong]).toEqual([1, ['configuration']]);
  expect(findings.map(({ about }) => about)).not.toContain('settings');
});

test('of a daemon that runs, it says what that one has measured', async () => {
  const folder = makeFolder({ 'signalbox.yaml': 'security: { isolation: off }\n' });
  const daemon = await startDaemon(folder);
  const { code, stdout } = await signalbox(folder, ['doctor']);
  expect(code).toBe(1);
  expect(stdout).toContain(`Process ${daemon.ready.pid} at ${daemon.ready.url} is running.`);
  expect(stdout).toMatch(/^weaker {4}isolation .*advisory: security.isolation is off\./m);
  expect(await daemon.end()).toBe(0);
});

test('it leaves a data directory as it is, but finds what of it is open', async () => {
  const folder = makeFolder({ 'signalbox.yaml': 'port: 0\n' });
  const data = join(folder, '.signalbox');
  mkdirSync(data, { mode: 0o755 });
  writeFileSync(join(data, 'secrets.key'), 'x', { mode: 0o644 });
  const table = join(data, 'isolation.mounts');
  writeFileSync(table, '# of a daemon');
  const { stdout } = await signalbox(folder, ['doctor']);
  expect(stdout).toMatch(/^ok {8}isolation /m);
  expect(stdout).toMatch(/^obstacle +data +.*secrets\.key is open to other users \(0644\)/m);
  expect(readFileSync(table, 'utf8')).toBe('# of a daemon');
});

test('that there is no configuration, or a bad one, is one obstacle among the rest', async () => {
  const none = await signalbox(makeFolder(), ['doctor']);
  expect([none.code, none.stdout]).toEqual([1, expect.stringMatching(/^obstacle +configuration/)]);
  const bad = await signalbox(makeFolder({ 'signalbox.yaml': 'prot: 1\n' }), ['doctor']);
  expect(bad.stdout).toMatch(/^obstacle +configuration .*did you mean "port"/);
  expect(bad.stdout).toMatch(/^ok +node/m);
});
