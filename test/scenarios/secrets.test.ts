import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder, type RunningDaemon, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { expectSoundLog } from '../crash/siege.ts';
import { bytesIn, formsToWrite, hunted } from '../fixtures/canaries.ts';
import { startTarget } from '../fixtures/http-target.ts';

const CANARIES = {
  API_TOKEN: 'cAnary-7f3Q"x+/=Zk\\1ü',
  HOOK_SECRET: 'wh-canary-55e1b0c49d7a',
  FILE_SECRET: 'file-canary-0a9f8e7d6c5b',
  MODEL_KEY: 'sk-canary-1122334455667788',
};

/** Prints what it is given, in every form, whole and in pieces, and fails if asked to. */
const BLAB = `
const token = process.env.TOKEN;
const bytes = Buffer.from(token);
const forms = JSON.parse(process.env.FORMS);
for (const to of [process.stdout, process.stderr]) {
  for (const form of forms) to.write(form + '\\n');
  for (const half of [token.slice(0, 9), token.slice(9)]) to.write(half);
  to.write('\\n' + token.slice(0, 5) + '\\n' + token.slice(5) + '\\n');
}
process.stderr.write('x'.repeat(190 - token.length) + token);
process.exitCode = Number(process.argv[2]);
`;

function configurationOf(port: number): string {
  const blab = (code: number): object => ({
    run: ['node', 'blab.mjs', String(code), '${API_TOKEN}'],
    env: { TOKEN: '${API_TOKEN}', FORMS: '{payload.forms}' },
    retry: { attempts: 1 },
  });
  const headers = { authorization: 'Bearer ${API_TOKEN}', 'x-other': '${file:secret.txt}' };
  const http = { url: `http://127.0.0.1:${port}/x?t=\${FILE_TOKEN}`, headers, json: '{payload}' };
  return JSON.stringify({
    webhook_port: 0,
    state_file: 'state.json',
    security: { http_allow: [`127.0.0.1:${port}`] },
    models: {
      default: {
        provider: 'openai-compatible',
        url: `http://127.0.0.1:${port}`,
        model: 'm',
        key: '${MODEL_KEY}',
      },
    },
    sources: [{ type: 'webhook', path: '/hooks/a', secrets: ['${HOOK_SECRET}'], handler: 'heard' }],
    handlers: { heard: { steps: [{ emit: 'was.heard', data: { all: '{payload}' } }] } },
    flows: {
      leak: {
        on: 'leak.asked',
        steps: [
          { id: 'say', ...blab(0) },
          { id: 'fail', ...blab(3), on_error: 'continue' },
          { id: 'ask', http: { ...http }, on_error: 'continue' },
          {
            id: 'model',
            prompt: 'Say {payload.forms}',
            on_error: 'continue',
            retry: { attempts: 1 },
          },
          {
            id: 'tell',
            emit: 'told',
            data: { all: '{steps.say.output} ${API_TOKEN} {steps.ask.output}' },
          },
          { id: 'end', ...blab(4) },
        ],
      },
    },
  });
}

async function startLeaking(): Promise<{ folder: string; daemon: RunningDaemon }> {
  const target = await startTarget((response, { headers, path, body }) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'x-echo': String(headers['x-other']),
    });
    response.end(JSON.stringify({ headers, path, body }));
  });
  onTestFinished(() => target.stop());
  const folder = makeFolder({
    'signalbox.yaml': configurationOf(target.port),
    'blab.mjs': BLAB,
    'secret.txt': CANARIES.FILE_SECRET,
  });
  const env = { ...CANARIES, FILE_TOKEN: CANARIES.FILE_SECRET };
  return { folder, daemon: await startDaemon(folder, [], { env }) };
}

/** Events that hold each canary in each of their fields, in each form. */
async function emitCanaries(client: ApiClient, canaries: typeof CANARIES): Promise<void> {
  for (const secret of Object.values(canaries)) {
    const plain = secret.replaceAll(/[^\w-]/g, 'x');
    const fields = { source: `s-${secret}`, subject: secret, id: `id-${secret}`, actor: secret };
    await client.post({ type: `t.${secret}`, ...fields, data: { [secret]: [secret, plain] } });
    await client.post({
      type: 'x',
      correlationid: secret,
      data: formsToWrite(secret),
      [`ext${plain}`.toLowerCase().replaceAll('-', '')]: secret,
    });
    await client.post({ type: 'x', data: `cut ${secret.slice(0, 4)}\n${secret.slice(4)}` });
  }
}

async function sendHook({ ready }: RunningDaemon): Promise<void> {
  const body = JSON.stringify({ note: CANARIES.HOOK_SECRET, deep: [{ x: CANARIES.API_TOKEN }] });
  const signature = createHmac('sha256', CANARIES.HOOK_SECRET).update(body).digest('hex');
  const headers = { 'content-type': 'application/json', 'x-signature': signature };
  const answer = await fetch(`${ready.hooks}/a`, { method: 'POST', headers, body });
  expect(answer.status).toBe(202);
  const wrong = { ...headers, 'x-signature': CANARIES.HOOK_SECRET };
  expect((await fetch(`${ready.hooks}/a`, { method: 'POST', headers: wrong, body })).status).toBe(
    401,
  );
}

const COMMANDS: readonly (readonly string[])[] = [
  ['events', '100', '--json'],
  ['events', 'export'],
  ['history', '--json'],
  ['runs', '--json'],
  ['dlq', 'ls', '--json'],
  ['plan', '--json'],
  ['check'],
  ['sources', 'ls', '--json'],
  ['stats', '--json'],
];

/** S29 of the security matrix. */
test('no byte of what is kept, logged, shown or answered holds a canary', async () => {
  const { folder, daemon } = await startLeaking();
  const client = new ApiClient(daemon.ready);
  const token = readFileSync(daemon.ready.token_file, 'utf8').trim();
  const canaries = { ...CANARIES, OWNER_TOKEN: token };
  await emitCanaries(client, canaries);
  await sendHook(daemon);
  const forms = JSON.stringify(formsToWrite(CANARIES.API_TOKEN));
  await client.emit({ type: 'leak.asked', data: { forms } });
  await client.quiet();
  const paths = ['/runs', '/events?limit=200', '/dead-letters', '/flows', '/stats', '/sources'];
  const pages = await Promise.all(paths.map((path) => client.get(path)));
  const env = { ...CANARIES, FILE_TOKEN: CANARIES.FILE_SECRET };
  const shown = [];
  for (const command of COMMANDS) shown.push(await signalbox(folder, command, { env }));
  const run = (await client.runs()).find(({ flow }) => flow === 'leak');
  shown.push(await signalbox(folder, ['runs', 'show', String(run?.id)]));
  const unknownRun = `/api/v1/runs/${encodeURIComponent(CANARIES.API_TOKEN)}`;
  const headers = { authorization: `Bearer ${token}` };
  const unknown = await (await fetch(`${daemon.ready.url}${unknownRun}`, { headers })).text();
  expect(unknown).toContain('no run with the id \\"[secret]');
  expect(await daemon.end('SIGKILL')).toBe(null);

  const left = ['token', 'blab.mjs', 'secret.txt'];
  const found = [...bytesIn(folder, left)].flatMap(([path, bytes]) =>
    hunted(bytes, canaries).map((hit) => `${path} ${hit}`),
  );
  expect(found).toEqual([]);
  const said = { pages, shown, unknown, log: daemon.log(), run };
  expect(hunted(JSON.stringify(said), canaries)).toEqual([]);
  for (const { stdout, stderr } of shown) expect(hunted(stdout + stderr, canaries)).toEqual([]);
  expect(run?.state).toBe('failed');
  expect(JSON.stringify(said)).toContain('[secret]');

  const again = await startDaemon(folder, [], { env });
  expect(await again.end()).toBe(0);
  await expectSoundLog(folder);
  for (const [path, bytes] of bytesIn(folder, left)) {
    expect([path, hunted(bytes, canaries)]).toEqual([path, []]);
  }
});
