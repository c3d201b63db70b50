import type { Decider } from '../../../src/gates/decide.ts';
import { proposalOf } from '../../../src/gates/proposal.ts';
import type { Said } from '../../../src/runs/deciding.ts';
import type { Repaired } from '../../../src/runs/repair.ts';
import { type Random, seededRandom } from '../../../src/std/random.ts';
import { nextTurn } from '../../../src/std/turn.ts';
import type { EntityRow } from '../../../src/store/entity.ts';
import { OWNER, Stage } from './stage.ts';

/** What meets an approval. */
export const RACES = [
  'two approvers',
  'a double click',
  'approve against expiry',
  "approve against the run's timeout",
  'approve against cancel',
  'approve against kill',
  'approve against an edited form',
  'approve against return',
  'approve against reject',
] as const;
export type Race = (typeof RACES)[number];

/** How often each decision won, and how often each refusal was told. */
export type Tally = Readonly<Record<string, number>>;

const LEAD: Decider = { who: 'lead', by: 'lead#1', role: 'approver' };
const DEV: Decider = { who: 'dev', by: 'dev#2', role: 'approver' };
const BREAKER = { by: 'lead', reason: null };

/** How long somebody has, in milliseconds, and how many turns one may be behind the other. */
const TIME_MS = 3_600_000;
const TURNS_MAX = 12;

const SETTINGS = {
  gates: { fall_back_after: 0 },
  people: { lead: { roles: ['approver'] }, dev: { roles: ['approver'] } },
  flows: {
    race: {
      on: 'race.wanted',
      steps: [{ id: 'act', gate: { risk: 'high', expires: '1h' }, run: ['act', '{payload.n}'] }],
    },
    timed: {
      on: 'timed.wanted',
      timeout: '1h',
      steps: [{ id: 'act', gate: { risk: 'high' }, run: ['act', '{payload.n}'] }],
    },
  },
};

/** What came of those who raced; an approval may be among several, or the only one. */
interface Raced {
  readonly row: EntityRow;
  readonly n: number;
  readonly approvals: readonly Said[];
  readonly other: Said | Repaired | undefined;
}

/**
 * Has so many pairs race for a proposal, each on a run of its own: who begins, and how far behind
 * the other is, the seed draws. Fails where there is not exactly one decision, where whoever lost
 * is not told so, and where anything but what was approved is done.
 */
export async function runRaces(race: Race, count: number, seed: number): Promise<Tally> {
  const random = seededRandom(seed);
  const stage = await Stage.open({ settings: SETTINGS, random });
  const tally: Record<string, number> = {};
  const count_ = (what: string): void => void (tally[what] = (tally[what] ?? 0) + 1);
  for (let n = 0; n < count; n++) {
    const raced = await runOne(stage, { race, n, random });
    const { end, problems, refusals } = await judged(stage, race, raced);
    if (problems.length > 0) {
      throw new Error(`${race}, seed ${seed}, race ${n}: ${problems.join('; ')}`);
    }
    count_(end);
    refusals.forEach(count_);
  }
  const unsound = await stage.unsound();
  if (unsound.length > 0) throw new Error(`${race}, seed ${seed}: ${unsound.join('; ')}`);
  await stage.close();
  return tally;
}

async function runOne(
  stage: Stage,
  { race, n, random }: { readonly race: Race; readonly n: number; readonly random: Random },
): Promise<Raced> {
  const { engine, time } = stage;
  const isTimed = race === "approve against the run's timeout";
  const data = JSON.stringify({ n });
  void engine.emit({ type: isTimed ? 'timed.wanted' : 'race.wanted', source: 'tests', data });
  await time.settle();
  const [row] = await stage.openProposals();
  if (row === undefined) throw new Error(`${race}, race ${n}: nothing is proposed`);
  const { hash } = proposalOf(row);
  const say = (by: Decider, decision: 'approve' | 'reject' | 'return', edited?: object) =>
    engine.deciding.decide(
      row.id,
      { decision, hash, reason: 'because', ...(edited && { edited: edited as never }) },
      by,
    );
  const isLate = isTimed || race === 'approve against expiry';
  if (isLate) await time.pass(TIME_MS - 1);
  const other = {
    'two approvers': () => say(DEV, 'approve'),
    'a double click': () => say(LEAD, 'approve'),
    'approve against expiry': () => time.pass(1),
    "approve against the run's timeout": () => time.pass(1),
    'approve against cancel': () =>
      engine.repair.apply(row.run ?? 0, { verb: 'cancel', ...BREAKER }),
    'approve against kill': () => engine.repair.apply(row.run ?? 0, { verb: 'kill', ...BREAKER }),
    'approve against an edited form': () => say(OWNER, 'approve', { run: ['act', 'edited'] }),
    'approve against return': () => say(DEV, 'return'),
    'approve against reject': () => say(DEV, 'reject'),
  }[race];
  const approve = (): Promise<Said> => say(LEAD, 'approve');
  const isFirst = random() < 0.5;
  const begun = isFirst ? [approve()] : [other()];
  for (let left = Math.floor(random() * TURNS_MAX); left > 0; left--) await nextTurn();
  begun.push(isFirst ? other() : approve());
  const results = await time.until(Promise.all(begun));
  await time.settle();
  const [approval, told] = isFirst ? results : results.toReversed();
  const rival = told as Said | Repaired | undefined;
  const isApproval = race === 'two approvers' || race === 'a double click' || race.includes('edit');
  const approvals = [approval, ...(isApproval ? [rival] : [])] as Said[];
  return { row, n, approvals, other: isApproval ? undefined : rival };
}

/** What may come of a race beside an approval. */
const ENDS: Readonly<Record<Race, readonly string[]>> = {
  'two approvers': [],
  'a double click': [],
  'approve against expiry': ['proposal.expired'],
  "approve against the run's timeout": ['proposal.withdrawn'],
  'approve against cancel': ['proposal.withdrawn'],
  'approve against kill': ['proposal.withdrawn'],
  'approve against an edited form': [],
  'approve against return': ['proposal.returned'],
  'approve against reject': ['proposal.rejected'],
};

async function judged(
  stage: Stage,
  race: Race,
  { row, n, approvals, other }: Raced,
): Promise<{ readonly end: string; readonly problems: string[]; readonly refusals: string[] }> {
  const { store } = stage.engine;
  const records = await store.readStream(row.id);
  const ends = records.filter(({ type }) => type !== 'proposal.opened');
  const [{ type: end, data } = { type: 'none', data: '{}' }] = ends;
  const problems: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || problems.push(what));
  expect(ends.length === 1, `${ends.length} decisions: ${ends.map(({ type }) => type).join()}`);
  const isApproved = end === 'proposal.approved';
  expect(isApproved || ENDS[race].includes(end), `it ended as ${end}`);
  const said = [...approvals, ...(isSaid(other) ? [other] : [])];
  const won = said.filter(({ kind }) => kind === 'decided');
  const isPersons = !['proposal.expired', 'proposal.withdrawn'].includes(end);
  expect(won.length === (isPersons ? 1 : 0), `${won.length} are told that they have decided`);
  expect(approvals.some(({ kind }) => kind === 'decided') === isApproved, 'another one has won');
  const lost = said.flatMap((each) => (each.kind === 'refused' ? [each] : []));
  expect(lost.length === said.length - won.length, 'somebody is told neither');
  const refusals = lost.map(({ status, code }) => `${status} ${code}`);
  expect(
    lost.every(({ status }) => status === 409 || status === 403),
    `refused with ${refusals.join()}`,
  );
  const run = await store.run(row.run ?? 0);
  const calls = stage.calls.filter(({ run: of }) => of.endsWith(`-${row.run}`));
  const isBroken = run?.state === 'cancelled' || run?.state === 'failed';
  const least = isApproved && !isBroken ? 1 : 0;
  const most = isApproved ? 1 : 0;
  expect(calls.length >= least && calls.length <= most, `${calls.length} calls after ${end}`);
  const isEdited = Object.hasOwn(JSON.parse(data) as object, 'edited');
  const argument = isEdited ? 'edited' : n;
  const wanted = JSON.stringify({ run: ['act', argument] });
  expect(
    calls.every(({ input }) => JSON.stringify(input) === wanted),
    `called with ${JSON.stringify(calls[0]?.input)}, not ${wanted}`,
  );
  await expectRest(stage, { row, end, expect });
  return { end: isEdited ? `${end} (edited)` : end, problems, refusals };
}

/** What is returned is proposed anew and still open; of all else nothing is. */
async function expectRest(
  stage: Stage,
  {
    row,
    end,
    expect,
  }: {
    readonly row: EntityRow;
    readonly end: string;
    readonly expect: (holds: boolean, what: string) => void;
  },
): Promise<void> {
  const open = await stage.openProposals();
  const isReturned = end === 'proposal.returned';
  expect(open.length === (isReturned ? 1 : 0), `${open.length} proposals are open`);
  const run = await stage.engine.store.run(row.run ?? 0);
  expect(isReturned ? run?.state === 'waiting' : run?.ended !== null, `the run is ${run?.state}`);
  for (const { id, run: of } of open) {
    await stage.engine.repair.apply(of ?? 0, { verb: 'cancel', ...BREAKER });
    expect((await stage.engine.store.entity(id))?.state === 'withdrawn', 'it is left open');
  }
  await stage.time.settle();
}

function isSaid(result: Said | Repaired | undefined): result is Said {
  return (
    result !== undefined &&
    (result.kind === 'decided' ||
      result.kind === 'voted' ||
      (result.kind === 'refused' && result.code.startsWith('proposal.')))
  );
}
