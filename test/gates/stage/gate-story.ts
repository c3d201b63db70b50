import type { Decider } from '../../../src/gates/decide.ts';
import { proposalOf } from '../../../src/gates/proposal.ts';
import { manualRecord } from '../../../src/runs/named-start.ts';
import type { StepResult } from '../../../src/runs/step-kind.ts';
import type { Json } from '../../../src/std/json.ts';
import { type Random, seededRandom } from '../../../src/std/random.ts';
import type { LogRecord } from '../../../src/store/contract.ts';
import type { EntityRow } from '../../../src/store/entity.ts';
import type { Death } from '../../channels/kills.ts';
import { drawFlows, drawPolicies, pick } from './gate-flows.ts';
import { answerFor, GateLog, type Levels, type Terms } from './gate-model.ts';
import { OWNER, Stage } from './stage.ts';

/** What a story came to, so that whoever tells many sees that they were worth it. */
export interface GateTally {
  readonly problems: readonly string[];
  /** Calls that a person had to say yes to, and all. */
  readonly asked: number;
  readonly calls: number;
  readonly crashes: number;
  readonly edited: number;
  readonly returned: number;
}

const PEOPLE = {
  lead: { roles: ['approver'] },
  dev: { roles: ['approver'] },
  boss: { roles: ['admin'] },
};
const DECIDERS: readonly Decider[] = [
  { who: 'lead', by: 'lead#1', role: 'approver' },
  { who: 'dev', by: 'dev#2', role: 'approver' },
  { who: 'boss', by: 'boss#3', role: 'admin' },
  OWNER,
  { who: 'agent', by: 'agent#4', role: 'agent' },
];
const VERBS = [
  'pause',
  'resume',
  'resume',
  'retry',
  'retry',
  'retry',
  'skip',
  'set',
  'cancel',
  'kill',
] as const;

const ROUNDS = 30;
/** Rounds in which all is decided that is open, until nothing is. */
const LAST_ROUNDS = 40;
const DEATHS_MAX = 3;
const COMMITS_MAX = 40;
/** Longer than any step rests. */
const REST_MS = 31_000;
const READ_MAX = 100_000;

/**
 * A drawn flow is started, and people, policies, levels, time and death do what they may in any
 * order. Each call of a step that somebody had to be asked about is held against the log.
 */
export async function tellGateStory(seed: number): Promise<GateTally> {
  const story = new GateStory(seed);
  return story.tell();
}

class GateStory {
  readonly #random: Random;
  readonly #terms: Terms;
  readonly #settings: object;
  readonly #stages: Stage[] = [];
  readonly #levels: { -readonly [K in keyof Levels]: Levels[K] };
  /** What the levels were at each call. */
  readonly #seen: Levels[] = [];
  readonly #start: 'by hand' | 'by an event';
  #deaths: number;
  #crashes = 0;

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.#random = random;
    const { flows, autonomy, steps } = drawFlows(random);
    const written = this.#is(0.5) ? undefined : pick(random, [1, 2, 3]);
    const threshold = this.#is(0.3) ? pick(random, ['low', 'medium', 'high'] as const) : undefined;
    const policies = this.#is(0.4) ? drawPolicies(random) : [];
    const isInteractive = this.#is(0.2);
    this.#start = isInteractive ? 'by hand' : 'by an event';
    this.#terms = {
      steps,
      policies,
      threshold,
      isInteractive,
      isUntrusted: !isInteractive && this.#is(0.2),
    };
    this.#levels = { written, flows: autonomy, set: undefined, setFor: {} };
    const gates = { fall_back_after: 0, policies, ...(threshold && { threshold }) };
    this.#settings = { people: PEOPLE, gates, ...(written && { autonomy: written }), flows };
    this.#deaths = Math.floor(random() * (DEATHS_MAX + 1));
  }

  async tell(): Promise<GateTally> {
    const stage = await Stage.open({
      settings: this.#settings,
      random: this.#random,
      act: () => this.#act(),
      death: this.#death(),
    });
    this.#stages.push(stage);
    for (let events = 1 + Math.floor(this.#random() * 3); events > 0; events--) {
      await this.#alive(stage);
      await this.#begin(stage, events);
    }
    for (let round = 0; round < ROUNDS; round++) {
      await this.#alive(stage);
      await this.#something(stage);
    }
    this.#deaths = 0;
    await stage.reopen();
    await this.#untilRest(stage);
    return this.#judged(stage);
  }

  /** The next process, where one has died. */
  async #alive(stage: Stage): Promise<void> {
    while (stage.isDead) {
      this.#crashes++;
      await stage.reopen(this.#death());
    }
  }

  #death(): Death | undefined {
    if (this.#deaths === 0) return undefined;
    this.#deaths--;
    return { commit: 1 + Math.floor(this.#random() * COMMITS_MAX), isWritten: this.#is(0.5) };
  }

  async #begin({ engine, time, clock }: Stage, number: number): Promise<void> {
    const n = Math.floor(this.#random() * 4);
    const data = JSON.stringify({ n, items: Array.from({ length: n }, (_, item) => item) });
    const actor = pick(this.#random, ['lead', 'boss', 'bot']);
    if (this.#start === 'by hand') {
      const record = manualRecord({ flow: 'main', data, by: actor }, clock.now());
      const attributes = JSON.stringify({ interactive: true });
      void engine.store.append({ writes: [{ kind: 'event', record: { ...record, attributes } }] });
    } else {
      const trust = this.#terms.isUntrusted ? 'untrusted' : 'trusted';
      const draft = { type: 'main.wanted', source: 'tests', id: `e${number}`, data, actor, trust };
      void engine.emit(draft as Parameters<typeof engine.emit>[0]).catch(() => {});
    }
    await time.settle();
  }

  async #something(stage: Stage): Promise<void> {
    const { time } = stage;
    const drawn = this.#random();
    if (drawn < 0.6) await this.#decide(stage);
    else if (drawn < 0.65) await this.#setLevel(stage);
    else if (drawn < 0.75) await this.#repair(stage);
    else if (drawn < 0.8) stage.script += '#';
    else await time.pass(pick(this.#random, [500, 2_000, 30_000, 30_000, 120_000]));
    await time.settle();
  }

  async #decide(stage: Stage): Promise<void> {
    const open = await stage.openProposals();
    if (open.length === 0) return stage.time.pass(1_000);
    const row = pick(this.#random, open);
    const decision = pick(this.#random, [
      'approve',
      'approve',
      'approve',
      'approve',
      'reject',
      'return',
    ] as const);
    const hash = this.#is(0.1) ? 'f'.repeat(64) : proposalOf(row).hash;
    const edited =
      decision === 'approve' && this.#is(0.2) ? await editedForm(stage, row) : undefined;
    const saying = { decision, hash, reason: 'so it is', ...(edited !== undefined && { edited }) };
    const by = pick(this.#random, DECIDERS);
    // Whoever asks a process that dies is never answered.
    void stage.engine.deciding.decide(row.id, saying, by);
    if (this.#is(0.3))
      void stage.engine.deciding.decide(row.id, saying, pick(this.#random, DECIDERS));
  }

  async #setLevel(stage: Stage): Promise<void> {
    const level = pick(this.#random, [0, 1, 1, 2, 3, 3] as const);
    const flow = this.#is(0.5) ? pick(this.#random, ['main', 'other']) : undefined;
    const change = flow === undefined ? { level, by: 'boss' } : { level, flow, by: 'boss' };
    let isSet = false;
    const setting = stage.engine.autonomy.set(change).then(() => (isSet = true));
    setting.catch(() => {});
    await stage.time.settle();
    // Whether a process that died had written it, its successor says.
    if (!isSet && stage.isDead) await this.#alive(stage);
    const view = await stage.engine.autonomy.view();
    this.#levels.set = view.from === 'set' ? view.set?.level : undefined;
    this.#levels.setFor = Object.fromEntries(
      view.flows.map(({ flow: name, set }) => [name, set?.level]),
    );
  }

  async #repair({ engine }: Stage): Promise<void> {
    const runs = await engine.store.runs({ limit: 50 });
    if (runs.length === 0) return;
    const { id, flow } = pick(this.#random, runs);
    const verb = pick(this.#random, VERBS);
    const steps = [...this.#terms.steps.keys()];
    // A flow of forks alone has none that its terms name.
    const step = steps.length === 0 ? 'none' : pick(this.#random, steps);
    const request = {
      verb,
      by: 'boss',
      reason: 'so it is',
      ...(verb === 'retry' && this.#is(0.7) && flow !== '' ? { from: step } : {}),
      ...(verb === 'skip' || verb === 'set' ? { step } : {}),
      ...(verb === 'set' ? { output: 'given' } : {}),
    };
    void engine.repair.apply(id, request as Parameters<typeof engine.repair.apply>[1]);
  }

  /** From here on nobody dies and nobody but those who may decide says anything. */
  async #untilRest(stage: Stage): Promise<void> {
    for (let round = 0; round < LAST_ROUNDS; round++) {
      const open = await stage.openProposals();
      for (const row of open) await approved(stage, row);
      await stage.time.pass(REST_MS);
      if (open.length === 0) return;
    }
  }

  /** Most steps are done; some fail and are tried again, or fail for good. */
  #act(): StepResult {
    const { set, setFor, written, flows } = this.#levels;
    const stage = this.#stages[0];
    if (stage !== undefined) this.#seen[stage.calls.length - 1] = { set, setFor, written, flows };
    const drawn = this.#random();
    if (drawn < 0.85) return { kind: 'done', output: `o${Math.floor(drawn * 100)}` };
    const error = { code: 'x', message: 'no', happened: drawn < 0.92 ? 'maybe' : 'no' } as const;
    return { kind: drawn < 0.94 ? 'retry' : 'fail', error };
  }

  async #judged(stage: Stage): Promise<GateTally> {
    const records = await allOf(stage);
    const log = new GateLog(records);
    const problems: string[] = [];
    let asked = 0;
    stage.calls.forEach((call, index) => {
      const answer = answerFor(call, this.#terms, this.#seen[index] ?? this.#levels);
      const place = `${call.flow}/${call.step} (${call.key}, ${JSON.stringify(call.input)})`;
      if (answer === 'reject') problems.push(`${place} was called, and is not to be done at all`);
      if (this.#terms.isUntrusted && call.trust !== 'untrusted') {
        problems.push(`${place} takes a stranger's words for trusted`);
      }
      if (answer !== 'ask') return;
      asked++;
      const problem = log.problemOf(call);
      if (problem !== undefined) problems.push(`${place} was called: ${problem}`);
    });
    problems.push(...(await stage.unsound()));
    const count = (type: string): number => records.filter((record) => record.type === type).length;
    const edited = records.filter(
      ({ type, data }) => type === 'proposal.approved' && data.includes('"edited":'),
    ).length;
    await stage.close();
    const { length: calls } = stage.calls;
    const returned = count('proposal.returned');
    return { problems, asked, calls, crashes: this.#crashes, edited, returned };
  }

  #is(probability: number): boolean {
    return this.#random() < probability;
  }
}

/** Lets those who may decide say yes, one after the other, until that is enough. */
async function approved({ engine }: Stage, row: EntityRow): Promise<void> {
  const saying = { decision: 'approve', hash: proposalOf(row).hash, reason: null } as const;
  for (const by of DECIDERS.slice(0, 3)) {
    const said = await engine.deciding.decide(row.id, saying, by);
    if (said.kind === 'decided') return;
  }
}

/** Another form of what is proposed that its step would take. */
async function editedForm({ engine }: Stage, row: EntityRow): Promise<Json> {
  const [first] = await engine.store.readAt([row.id]);
  const { input = {} } = JSON.parse(first?.data ?? '{}') as { readonly input?: Json };
  const { run, emit } = input as { readonly [name: string]: Json };
  if (run !== undefined) return { ...(input as object), run: ['edited', 'words'] };
  if (emit !== undefined) return { emit, data: 'edited' };
  return { proposal: 'edited' };
}

async function allOf({ engine }: Stage): Promise<LogRecord[]> {
  return engine.store.read({ after: 0, limit: READ_MAX });
}
