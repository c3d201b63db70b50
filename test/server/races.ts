import { seededRandom } from '../../src/std/random.ts';
import { type Answer, type Api, json, openApi } from './api.ts';
import type { After } from './engine.ts';
import { idOf } from '../../src/store/record.ts';
import { until } from './until.ts';

/** What meets over HTTP. */
export const HTTP_RACES = [
  'approve against approve',
  'a link that is clicked twice',
  'approve against expiry',
] as const;
export type HttpRace = (typeof HTTP_RACES)[number];

/** How often each decision won, and how often each refusal was answered. */
export type HttpTally = Readonly<Record<string, number>>;

/** How long a proposal waits that is to expire. */
const EXPIRES_MS = 1_500;
/** How long before that somebody answers at first, and how far apart from each other people do. */
const BEFORE_MS = 60;
const SPREAD_MS = 80;
/** How much earlier people answer where all were too late, or later where nobody was. */
const STEP_MS = 150;
const BEFORE_MS_MAX = 1_200;
/** Races that are under way at once. */
const CONCURRENT = 25;

const step = { id: 'act', emit: 'acted', data: '{payload.n}' };
const FLOWS = [
  { name: 'race', on: { event: 'race.wanted' }, steps: [{ ...step, gate: { risk: 'high' } }] },
  {
    name: 'late',
    on: { event: 'late.wanted' },
    steps: [{ ...step, gate: { risk: 'high', expires: `${EXPIRES_MS}ms` } }],
  },
];

/**
 * Has so many pairs of requests meet at a daemon. Fails where there is not exactly one decision,
 * where whoever came second is not told so by 409, or where anything is done that was not approved.
 */
export async function runHttpRaces(
  race: HttpRace,
  { count, seed, after }: { readonly count: number; readonly seed: number; readonly after?: After },
): Promise<HttpTally> {
  const random = seededRandom(seed);
  const api = await openApi({ flows: FLOWS, ...(after && { after }) });
  const tally: Record<string, number> = {};
  const ends: string[] = [];
  // How long an answer takes is the machine's affair: people answer so early that each side wins.
  let beforeMs = BEFORE_MS;
  for (let n = 0; n < count; n += CONCURRENT) {
    const numbers = Array.from({ length: Math.min(CONCURRENT, count - n) }, (_, i) => n + i);
    const groups = await Promise.all(
      numbers.map((each) => {
        return runOne(api, { race, n: each, beforeMs: beforeMs + SPREAD_MS * (random() - 0.5) });
      }),
    );
    const late = groups.filter(({ end }) => end === 'expired').length / groups.length;
    beforeMs = Math.min(BEFORE_MS_MAX, Math.max(0, beforeMs + STEP_MS * (late - 0.5)));
    for (const { end, answers } of groups) {
      ends.push(end);
      for (const what of [end, ...answers]) tally[what] = (tally[what] ?? 0) + 1;
    }
  }
  const acted = await actedIn(api, ends.filter((end) => end === 'approved').length);
  if (new Set(acted).size !== acted.length) throw new Error(`${race}: something is done twice`);
  acted.forEach((n) => {
    if (ends[n] !== 'approved') throw new Error(`${race}: ${n} is done, and was ${ends[n]}`);
  });
  return tally;
}

interface Raced {
  readonly end: string;
  readonly answers: readonly string[];
}

interface RaceAtHand {
  readonly race: HttpRace;
  readonly n: number;
  /** How long before it expires it is answered. */
  readonly beforeMs: number;
}

async function runOne(api: Api, { race, n, beforeMs }: RaceAtHand): Promise<Raced> {
  const isLate = race === 'approve against expiry';
  const type = isLate ? 'late.wanted' : 'race.wanted';
  const data = JSON.stringify({ n });
  const emitted = await api.box.emit({ type, source: 'tests', data });
  if (emitted.kind !== 'accepted') throw new Error(`the event is ${emitted.kind}`);
  const { seq } = emitted;
  const row = await until(async () => {
    const [run] = await api.box.store.runs({ event: seq, limit: 1 });
    const query = { kind: 'proposal', run: run?.id, limit: 1 } as const;
    const [proposal] = run === undefined ? [] : await api.box.store.entities(query);
    return proposal;
  });
  const id = idOf(api.box.store.identity, row.id);
  const { hash, expires } = (await api.ask(`/api/v1/proposals/${id}`)).json as {
    readonly hash: string;
    readonly expires: string | null;
  };
  const press = await pressOf(api, { race, id, hash });
  if (isLate) {
    const at = Date.parse(expires ?? '') - beforeMs;
    await until(() => (Date.now() >= at ? true : undefined));
  }
  const answers = await Promise.all(isLate ? [press()] : [press(), press()]);
  const state = await until(async () => {
    const entity = await api.box.store.entity(row.id);
    return entity?.state === 'open' ? undefined : entity?.state;
  });
  const records = await api.box.store.readStream(row.id);
  const won = answers.filter(({ status }) => status === 200);
  const lost = answers.filter(({ status }) => status === 409);
  const isSound =
    records.length === 2 &&
    won.length === (state === 'approved' ? 1 : 0) &&
    won.length + lost.length === answers.length;
  if (!isSound) {
    const statuses = answers.map(({ status }) => status).join();
    throw new Error(`${race}, race ${n}: ${statuses}, and ${records.length - 1} decisions`);
  }
  return {
    end: state,
    answers: lost.map(({ status, json: { code = '' } }) => `${status} ${code as string}`),
  };
}

/** What sends an answer: the API, or the form behind a signed link. */
async function pressOf(
  api: Api,
  { race, id, hash }: { readonly race: HttpRace; readonly id: string; readonly hash: string },
): Promise<() => Promise<Answer>> {
  if (race !== 'a link that is clicked twice') {
    return () => api.ask(`/api/v1/proposals/${id}/decision`, json({ decision: 'approve', hash }));
  }
  const made = await api.ask(`/api/v1/proposals/${id}/link`, json({}));
  const link = String(made.json['path']).replace('/decide?link=', '');
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams({ link, hash, decision: 'approve' }).toString();
  return () => api.askBare('/decide', { method: 'POST', headers, body });
}

/** The numbers of the events that the approved steps have emitted, once there are so many. */
async function actedIn({ box }: Api, count: number): Promise<number[]> {
  return until(async () => {
    const records = await box.store.read({ after: 0, type: 'acted', limit: 10_000 });
    return records.length >= count ? records.map(({ data }) => Number(data)) : undefined;
  });
}
