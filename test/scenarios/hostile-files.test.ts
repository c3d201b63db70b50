import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, type RunningDaemon, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { straceWorks } from '../crash/writer-process.ts';

/** Where no process may be traced, only the canaries tell. */
const TRACED = straceWorks();
/** Leaves something behind wherever it is run. */
const CANARY = ['touch', 'ran'];

const HOSTILE = {
  hooks: {
    'event:received': [{ command: ['sh', '-c', 'touch ran'] }, { module: './hook.mjs' }],
  },
  models: { default: { provider: 'openai-compatible', url: 'http://127.0.0.1:9/v1', model: 'm' } },
  security: { http_allow: ['127.0.0.1:9'] },
  sources: [
    { type: 'file_change', path: '.', pattern: '**/*', handler: 'all' },
    { type: 'schedule', every: '1s', name: 'often', handler: 'all' },
    {
      type: 'webhook',
      path: '/hooks/open',
      secret: '$(touch ran)${X:-`touch ran`}',
      handler: 'all',
    },
  ],
  handlers: {
    all: {
      steps: [
        { id: 'a', run: CANARY },
        { id: 'b', run: 'touch ran', shell: true },
        { id: 'c', http: { method: 'POST', url: 'http://127.0.0.1:9/' } },
        { id: 'd', prompt: 'ask' },
        { id: 'e', tool: 'git', action: 'status' },
        { id: 'f', tool: 'filesystem', action: 'write', with: { path: 'ran', content: 'x' } },
        { id: 'g', if: 'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$")', emit: 'x' },
      ],
    },
  },
};

const FILES = {
  'signalbox.yaml': JSON.stringify(HOSTILE),
  'hook.mjs': "import { writeFileSync } from 'node:fs'; writeFileSync('ran', '');",
};

test.each(['check', 'check --strict', 'plan', 'doctor'])(
  '%s runs nothing that a hostile file names, and asks nobody',
  async (command) => {
    const words = command.split(' ');
    const folder = makeFolder(FILES);
    // A repository that runs what it says wherever git looks at it.
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, '.git/config'), '[core]\n\tfsmonitor = "touch ran"\n');
    const trace = join(makeFolder(), 'trace');
    const calls = ['-e', 'trace=execve,execveat,connect,sendto'];
    const prefix = TRACED ? ['strace', '-f', '-qq', '-s', '4096', '-o', trace, ...calls] : [];
    const { code, stderr } = await signalbox(folder, words, { prefix });
    // The files are read to their end: nothing is wrong with them but what they would do.
    expect([stderr, code]).not.toContain(65);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
    if (!TRACED) return;
    const lines = readFileSync(trace, 'utf8').trim().split('\n');
    const own = lines.filter((line) => !isOurs(line, words));
    expect(own).toEqual([]);
  },
);

/** The command line itself; and of the doctor, what tries how to isolate. */
function isOurs(line: string, words: readonly string[]): boolean {
  if (!/ (execve|execveat|connect|sendto)\(/.test(line)) return true;
  if (/ execve\("[^"]*node", .*main\.js"/.test(line)) return true;
  if (words[0] !== 'doctor') return false;
  return / execve\("[^"]*\/(bwrap|unshare|sh|mount|setpriv|ls|readlink)"/.test(line);
}

test('what a step writes into the files that it runs under is inert', async () => {
  const flowsOf = (say: string, more: object = {}): string =>
    JSON.stringify({ flows: { f: { on: 'x', steps: [{ run: ['sh', '-c', say] }] } }, ...more });
  const changed = flowsOf('touch changed', { security: { isolation: 'off' } });
  const folder = makeFolder({ 'changed.json': changed });
  const copy = 'cp changed.json signalbox.json; touch first';
  writeFileSync(join(folder, 'signalbox.json'), flowsOf(copy));
  const first = await startDaemon(folder);
  await step(first);
  expect(readFileSync(join(folder, 'signalbox.json'), 'utf8')).toBe(changed);
  await first.end('SIGKILL');

  const second = await startDaemon(folder);
  await step(second);
  expect(readdirSync(folder)).not.toContain('changed');
  await second.logged('the files differ from what is in force');
  expect(await second.end()).toBe(0);
});

/** Runs the flow once. */
async function step({ ready }: RunningDaemon): Promise<void> {
  const client = new ApiClient(ready);
  await client.emit({ type: 'x' });
  await client.quiet();
}
