import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tellingsOf } from '../../src/channels/proposal-notice.ts';
import { deciderNamed } from '../../src/gates/decide.ts';
import { proposalOf } from '../../src/gates/proposal.ts';
import { checkRows } from '../../src/runs/rebuild.ts';
import { testbox, type Testbox } from '../../src/testing.ts';
import { startTarget } from '../fixtures/http-target.ts';
import { openNotifying, request, ROOT } from './notifying.ts';

const GATE = { approvers: ['approver'], remind: '1h', escalate: ['otto', 'nobody'], expires: '8h' };
const CONFIG = {
  channels: { pager: { inbox: 'pager.jsonl' }, ops: { inbox: 'ops.jsonl' } },
  people: {
    anna: { roles: ['approver'], channels: ['pager', 'ops'] },
    kim: { roles: ['admin'], channels: ['ops'] },
    silent: { roles: ['approver'] },
    otto: { roles: ['viewer'], channels: ['ops'] },
  },
  gates: { notify: ['audit'] },
  flows: { ship: { on: 'go', steps: [{ emit: 'shipped', gate: GATE }] } },
};

async function open(): Promise<Testbox> {
  const box = await testbox({ config: CONFIG });
  onTestFinished(() => box.stop());
  return box;
}

/** Whom the notifications of a type were for, over what, and under which ids. */
async function told(box: Testbox, type: string): Promise<string[]> {
  const events = await box.events(`notification.${type}`);
  return events.map(({ data }) => {
    const { channel, to, dedupe_id } = data as Readonly<Record<string, string>>;
    return `${channel} ${to} ${dedupe_id?.split('-')[1] ?? ''}`;
  });
}

test('approvers hear of a gate that opens and stays so, others of silence', async () => {
  const box = await open();
  await box.emit('go');
  await box.advance('1s');
  const [opened] = await box.events('proposal.opened');
  const id = opened?.seq ?? 0;
  const all = [`pager anna ${id}/anna`, `ops kim ${id}/kim`, `audit  ${id}/audit`];
  expect(await told(box, 'sent')).toEqual(all);
  const [first] = await box.events('notification.requested');
  expect(first?.data).toMatchObject({
    message: expect.stringMatching(
      /^Waiting for an answer: ship, step \S+, risk \w+\. It expires in 8 h\. Look with: signalbox/,
    ),
  });
  await box.advance('61m');
  const [reminded] = await box.events('proposal.reminded');
  const again = all.map((text) => text.replace(`${id}/`, `${reminded?.seq}/`));
  expect(await told(box, 'sent')).toEqual([...all, ...again]);
  // A restart repeats none of it.
  await box.restart('1m');
  expect(await told(box, 'requested')).toHaveLength(6);
  await box.advance('1h');
  const [escalated] = await box.events('proposal.escalated');
  expect(await told(box, 'sent')).toContain(`ops otto ${escalated?.seq}/otto`);
  expect(await told(box, 'undeliverable')).toEqual([`nobody  ${escalated?.seq}/nobody`]);
  expect(box.engine.status().degraded).toMatchObject([
    { part: 'notifications', reason: expect.stringContaining('UNDELIVERABLE over nobody') },
  ]);
  expect((await checkRows(box.engine.store, () => {})).differences).toEqual([]);
});

test('of what is answered nobody is told any more, nor who proposed it', async () => {
  const box = await open();
  await box.emit('go');
  const [row] = await box.engine.store.entities({ kind: 'proposal', limit: 1 });
  if (row === undefined) throw new Error('nothing is proposed');
  const proposal = proposalOf(row);
  const { people } = box.engine.identity;
  const own = { ...proposal, proposers: ['anna'] };
  const occasion = { type: 'proposal.opened', data: null, id: 'x', received: 0, shown: 'x' };
  const tellings = tellingsOf({ ...occasion, proposal: own }, { people, everybody: [] });
  expect(tellings.map(({ name }) => name)).toEqual(['kim']);
  const anna = deciderNamed('anna', { by: 'anna' }, people);
  const saying = { decision: 'approve', hash: proposal.hash, reason: null } as const;
  await box.engine.deciding.decide(row.id, saying, anna);
  await box.advance('10h');
  expect(await told(box, 'requested')).toHaveLength(3);
});

test('a link goes to its person alone, over no file, and is in no record', async () => {
  let tries = 0;
  const target = await startTarget((response) => response.writeHead(tries++ ? 200 : 503).end());
  onTestFinished(() => target.stop());
  const decides = { proposal: 'p-1', hash: 'h', person: 'anna', expires: 1 };
  const { notifier, records, settled, folder } = openNotifying({
    channels: { hook: { webhook: target.url }, box: { inbox: 'box.jsonl' } },
    people: { anna: { roles: ['approver'], channels: ['hook'] } },
    linkOf: async ({ person }) => `https://box.example.org/decide?link=${person}`,
  });
  await notifier.start();
  await notifier.request(request('1', { names: ['anna'], decides }), ROOT);
  await notifier.request(request('2', { names: ['hook'], decides }), ROOT);
  await notifier.request(request('3', { names: ['box'], to: 'anna', decides }), ROOT);
  await settled();
  const texts = target.received.map(({ body }) => {
    return (JSON.parse(body) as { readonly message: string }).message;
  });
  const linked = 'message 1\nDecide: https://box.example.org/decide?link=anna';
  expect(texts.toSorted()).toEqual([linked, linked, 'message 2'].toSorted());
  expect(readFileSync(join(folder, 'box.jsonl'), 'utf8')).not.toContain('Decide');
  expect(JSON.stringify(await records())).not.toContain('Decide');
});
