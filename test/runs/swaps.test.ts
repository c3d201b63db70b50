import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Decider } from '../../src/gates/decide.ts';
import { decodeProposal, proposalOf } from '../../src/gates/proposal.ts';
import type { Signalbox } from '../../src/signalbox.ts';
import type { EntityRow } from '../../src/store/entity.ts';
import { openEngine } from '../server/engine.ts';
import { until } from '../server/until.ts';

const OWNER: Decider = { who: 'owner', by: 'owner', role: 'admin' };
const SCRIPT = 'echo "$1" >> done.txt\n';

/** A box whose flow runs a script when somebody says yes; the runner is held back by a pause. */
async function opened(): Promise<{ readonly box: Signalbox; readonly folder: string }> {
  const deploy = {
    name: 'deploy',
    on: { event: 'deploy.wanted' },
    steps: [{ id: 'go', gate: { risk: 'high' }, run: ['sh', 'deploy.sh', 'list.txt'] }],
  };
  const box = await openEngine([deploy], onTestFinished);
  const folder = box.configuration.directory;
  writeFileSync(join(folder, 'deploy.sh'), SCRIPT);
  writeFileSync(join(folder, 'list.txt'), 'one\n');
  await box.emit({ type: 'deploy.wanted', source: 'test', data: '{}' });
  return { box, folder };
}

function openOne(box: Signalbox): Promise<EntityRow> {
  return until(async () => {
    const [row] = await box.store.entities({ kind: 'proposal', open: true, limit: 1 });
    return row;
  });
}

async function approve(box: Signalbox, row: EntityRow): Promise<void> {
  const { hash } = proposalOf(row);
  const said = await box.deciding.decide(
    row.id,
    { decision: 'approve', hash, reason: null },
    OWNER,
  );
  expect(said.kind).toBe('decided');
}

describe('what was approved is compared with what would run (S32, MCPoison)', () => {
  test.each([
    ['the script', (folder: string) => writeFileSync(join(folder, 'deploy.sh'), 'touch evil\n')],
    [
      'a file among its arguments',
      (folder: string) => writeFileSync(join(folder, 'list.txt'), 'x'),
    ],
    ['a file that is gone', (folder: string) => rmSync(join(folder, 'list.txt'))],
  ])('%s was swapped: it is not run, and asked about anew', async (_, swap) => {
    const { box, folder } = await opened();
    const first = await openOne(box);
    swap(folder);
    await approve(box, first);
    const second = await openOne(box);
    expect(second.id).not.toBe(first.id);
    expect(existsSync(join(folder, 'done.txt'))).toBe(false);
    expect(existsSync(join(folder, 'evil'))).toBe(false);
    const before = await box.store.entity(first.id);
    expect(before).toMatchObject({ state: 'withdrawn' });
    const [record] = await box.store.readAt([second.id]);
    const event = record && decodeProposal(record);
    expect(JSON.stringify(event)).toContain('what would run has changed: the file');
  });

  test('an edited form runs under its own hash, and one that is none is refused', async () => {
    const { box, folder } = await opened();
    const row = await openOne(box);
    const { hash } = proposalOf(row);
    const say = (edited: object) =>
      box.deciding.decide(
        row.id,
        { decision: 'approve', hash, reason: null, edited: edited as never },
        OWNER,
      );
    expect(await say({ run: 7 })).toMatchObject({ code: 'proposal.invalid', status: 400 });
    expect(await say({ run: ['sh', 'deploy.sh'], cwdd: '/' })).toMatchObject({ status: 400 });
    expect(await say({ run: ['sh', 'deploy.sh', 'two'] })).toMatchObject({ kind: 'decided' });
    await until(async () => existsSync(join(folder, 'done.txt')) || undefined);
    expect(readFileSync(join(folder, 'done.txt'), 'utf8')).toBe('two\n');
    const after = proposalOf((await box.store.entity(row.id)) ?? row);
    expect(after.hash).not.toBe(hash);
  });
});

test('an edited form is what is done, though nobody would have to be asked by then', async () => {
  const look = { name: 'look', if: "proposal.kind == 'emit'", then: 'ask' };
  const steps = [{ id: 'tell', emit: 'note.made', data: 'one' }];
  const note = { name: 'note', on: { event: 'note.wanted' }, steps };
  const box = await openEngine([note], onTestFinished, { gates: { policies: [look] } });
  await box.emit({ type: 'note.wanted', source: 'test', data: '{}' });
  const row = await openOne(box);
  const held = { by: 'owner', reason: null };
  await box.repair.pause(row.run ?? 0, held);
  const saying = { decision: 'approve', hash: proposalOf(row).hash, reason: null } as const;
  const edited = { emit: ['note.made'], data: 'two' };
  const said = await box.deciding.decide(row.id, { ...saying, edited }, OWNER);
  expect(said).toMatchObject({ kind: 'decided' });
  const { name: _, ...flow } = note;
  const file = join(box.configuration.directory, 'signalbox.yaml');
  writeFileSync(file, JSON.stringify({ flows: { note: flow } }));
  expect(await box.reload({ actor: 'owner' })).toMatchObject({ ok: true });
  await box.repair.resume(row.run ?? 0, held);
  const told = await until(async () => {
    const records = await box.store.read({ after: row.id, limit: 100 });
    return records.find(({ type }) => type === 'note.made');
  });
  expect(told.data).toBe('"two"');
});

test.each(['two approvers', 'approve and reject', 'approve and return', 'approve and cancel'])(
  'a race has one winner, and who lost changes nothing: %s (F61, F62)',
  async (kind) => {
    const { box } = await opened();
    const row = await openOne(box);
    const { hash } = proposalOf(row);
    const say = (decision: 'approve' | 'reject' | 'return') =>
      box.deciding.decide(row.id, { decision, hash, reason: 'because' }, OWNER);
    const other = {
      'two approvers': () => say('approve'),
      'approve and reject': () => say('reject'),
      'approve and return': () => say('return'),
      'approve and cancel': () =>
        box.repair.apply(row.run ?? 0, { verb: 'cancel', by: 'owner', reason: null }),
    }[kind];
    const results = await Promise.all([
      ...Array.from({ length: 12 }, () => say('approve')),
      ...Array.from({ length: 12 }, () => other?.()),
    ]);
    const records = await box.store.readStream(row.id);
    const ends = records.filter(({ type }) => type !== 'proposal.opened');
    const isSwallowed = kind === 'approve and cancel';
    expect(ends).toHaveLength(1);
    const decided = results.filter((result) => result?.kind === 'decided');
    // Of a cancelled run the proposal is withdrawn: then nobody has decided.
    expect(decided.length).toBeGreaterThanOrEqual(isSwallowed ? 0 : 1);
    expect(decided.length).toBeLessThanOrEqual(1);
  },
);
