import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type * as Package from '../../../src/index.ts';

/** Its store works in a thread of its own, which only the built package can start. */
const PACKAGE = new URL('../../../dist/index.js', import.meta.url).href;
const { signalbox, flow, tool } = (await import(PACKAGE)) as typeof Package;
const SECRET = 'hush-7f3a9c-nobody-may-read-this';
const CONFIGURATION = `
handlers:
  on-deploy: { steps: [ { id: say, emit: deployed, data: { by: "{payload.by}" } } ] }
webhook_port: 0
`;

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-box-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a program says all that its surface promises, in that order', async () => {
  const folder = makeFolder();
  const config = join(folder, 'signalbox.yaml');
  writeFileSync(config, CONFIGURATION);
  writeFileSync(join(folder, 'compose.mjs'), 'export default ({ name }) => `Dear ${name}`;');
  const box = await signalbox({ config });
  onTestFinished(() => box.stop());
  box.tool(tool('compose', { input: { name: 'string' }, module: './compose.mjs' }));
  box.flow(
    flow('greet', { on: 'user.created' }, (step) => [
      step.tool('text', 'compose', { name: '{payload.name}' }),
      step.emit('greeting.sent', { text: '{text}' }),
    ]),
  );
  box.hook('event:received', ({ event }) => {
    const { bot } = event.data as { readonly bot?: boolean };
    return bot === true ? { action: 'skip', reason: 'a bot' } : { action: 'continue' };
  });
  const paged: unknown[] = [];
  box.subscribe('greeting.sent', 'pager', ({ data }) => void paged.push(data));

  await box.source({ type: 'webhook', path: '/hooks/late', secret: SECRET, handler: 'on-deploy' });
  expect(box.engine.sources()).toMatchObject([{ name: 'webhook:late', state: 'running' }]);
  const unsigned = await fetch(`${box.engine.hooksUrl}/late`, { method: 'POST', body: '{}' });
  expect(unsigned.status).toBe(401);

  const result = await box.handle({ data: { by: 'hand' } }, 'on-deploy');
  expect(result).toMatchObject({ success: true, actions_taken: ['on-deploy/say'], error: null });
  await box.start();
  await box.emit('user.created', { name: 'R2', bot: true });
  await box.emit('user.created', { name: 'Ada' });
  for await (const { data } of box.stream({ after: 0, type: 'greeting.sent' })) {
    expect(data).toEqual({ text: 'Dear Ada' });
    break;
  }
  await expect(
    box.source({ type: 'webhook', path: '/hooks/late', secret: SECRET, handler: 'on-deploy' }),
  ).rejects.toMatchObject({ code: 'config.invalid' });
  const open = box.stream();
  const next = open.next();
  await box.stop();
  expect(await next).toMatchObject({ done: true });
  expect(paged).toEqual([{ text: 'Dear Ada' }]);

  const data = join(folder, '.signalbox');
  const bytes = readdirSync(data).map((name) => readFileSync(join(data, name), 'latin1'));
  expect(bytes.join('')).toContain('greeting.sent');
  expect(bytes.filter((text) => text.includes(SECRET))).toEqual([]);

  await box.start();
  expect(box.engine.sources()).toMatchObject([{ name: 'webhook:late', state: 'running' }]);
});

test('a second box on the same data is refused, and the first goes on', async () => {
  const data = join(makeFolder(), 'data');
  const first = await signalbox({ data });
  onTestFinished(() => first.stop());
  await first.emit('a');
  const second = await signalbox({ data });
  await expect(second.start()).rejects.toMatchObject({ code: 'data.locked' });
  expect(await first.emit('a')).toMatchObject({ duplicate: false });
});

test('what is wrong is told with its place, and nothing has been opened', async () => {
  const folder = makeFolder();
  await expect(signalbox({ config: join(folder, 'none.yaml') })).rejects.toMatchObject({
    code: 'config.missing',
  });
  const box = await signalbox({ data: join(folder, 'data') });
  box.flow(flow('bad', { on: 'x' }, (step) => [step.emit('y', '{nothing}')]));
  box.tool(tool('lost', { module: './nowhere.mjs' }));
  await expect(box.start()).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringMatching(/"nothing".*nowhere\.mjs|nowhere\.mjs.*"nothing"/s) as string,
  });
  expect(readdirSync(folder)).toEqual([]);
});
