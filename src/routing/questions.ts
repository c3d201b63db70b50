import { type Attribution, attributionOf } from '../events/attribution.ts';
import type { Trust } from '../events/event.ts';
import { type Act, NO_ACT } from '../gates/act.ts';
import { judge } from '../gates/judge.ts';
import type { PolicyTable } from '../gates/policy-table.ts';
import { verdictOf } from '../gates/verdict.ts';
import type { FlowFailure } from '../gates/automation.ts';
import { withdrawn } from '../gates/decide.ts';
import {
  columnsOf,
  decodeProposal,
  encodeProposal,
  opened,
  type ProposalOpened,
  proposalOf,
} from '../gates/proposal.ts';
import { openingOfQuestion, QUESTION_FLOW } from '../gates/question.ts';
import { proposalMove } from '../runs/proposal-writes.ts';
import { SignalboxError } from '../std/errors.ts';
import { isObject, type Json } from '../std/json.ts';
import type { KnownSecrets } from '../std/known-secrets.ts';
import type { Store } from '../store/contract.ts';
import type { EntityRow, EntityWrite } from '../store/entity.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { type Cause, idOf, ownRecord } from '../store/record.ts';
import type { AutonomyLevels } from './autonomy-levels.ts';

/** What questions are judged by, and where they are kept. */
export interface QuestionsOptions {
  readonly store: Pick<Store, 'append' | 'entity' | 'readAt' | 'identity'>;
  readonly time: EngineTime;
  readonly autonomy: Pick<AutonomyLevels, 'levelOf'>;
  readonly table: () => PolicyTable;
  readonly secrets: Pick<KnownSecrets, 'text' | 'json'>;
}

/** Marks what a question of `askAbout` is about. */
const FAILURES = 'failures';

/** What somebody asks, and as whom. */
export interface Asking extends Attribution {
  readonly question: string;
  readonly choices: readonly string[];
  /** What they are about to do, for the rules of risk; they only ask where it is left out. */
  readonly act?: AskedAct | undefined;
  readonly expiresMs?: number | undefined;
  readonly approvers: readonly string[];
  /** Who cannot say yes to it: whoever asks, as `whoOf` names them. */
  readonly proposers: readonly string[];
  readonly trust: Trust;
  readonly cause: Cause;
}

/** The parts of an act that an asker may name. */
export type AskedAct = {
  readonly [Field in 'argv' | 'paths' | 'lines' | 'method' | 'url' | 'tool']?:
    | Act[Field]
    | undefined;
};

/** What came of asking: the proposal, or a yes that nobody wants to have recorded. */
export type Asked =
  | { readonly kind: 'opened'; readonly row: EntityRow }
  | { readonly kind: 'allowed'; readonly policy: string | null };

/** Opens the proposals of those who are no runs: scripts and agents that ask a person. */
export class Questions {
  readonly #options: QuestionsOptions;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** @throws SignalboxError `data.unusable` where the disk is full. */
  async ask(asking: Asking): Promise<Asked> {
    const { time, autonomy, table, secrets } = this.#options;
    const { act, expiresMs, approvers, proposers, choices } = asking;
    const level = await autonomy.levelOf({ name: QUESTION_FLOW });
    const about = actOfAsking(asking);
    const judgement = judge(about, { table: table(), autonomy: level, isGated: false });
    const verdict = verdictOf(judgement, false);
    if (judgement.answer === 'approve' && !judgement.isRecorded)
      return { kind: 'allowed', policy: verdict.policy };
    const terms = { expiresMs, approvers, proposers };
    const question = secrets.text(asking.question);
    const shown = act === undefined ? null : redacted(act, secrets);
    const asked = { question, choices, act: shown, ...attributionOf(asking) };
    const opening = openingOfQuestion(asked, { verdict, now: time.now(), ...terms });
    return { kind: 'opened', row: await this.#open(opening, asking.cause) };
  }

  /** Asks whether a flow that failed by itself may go on so: the task of a person. */
  async askAbout(failure: FlowFailure, failures: number): Promise<number> {
    const { time, secrets } = this.#options;
    const { flow, step, error, event, run, done } = failure;
    const { identity } = this.#options.store;
    const told = `it failed ${failures} times, the last time at step "${step}": ${error.message}`;
    const question = secrets.text(`May flow "${flow}" go on by itself? By itself ${told}`);
    const evidence = { flow, run: idOf(identity, run), event: idOf(identity, event), done };
    const asked = {
      question,
      choices: [],
      act: null,
      by: 'signalbox',
      evidence: [{ kind: FAILURES, ...evidence, error: redacted({ ...error }, secrets) }],
    };
    const risk = { level: 'low', reasons: [] } as const;
    const judgement = { answer: 'ask', by: 'question', risk, note: undefined } as const;
    const verdict = verdictOf({ ...judgement, isAskable: true, isRecorded: true }, false);
    const terms = { expiresMs: undefined, approvers: [], proposers: [] };
    const opening = openingOfQuestion(asked, { verdict, now: time.now(), ...terms });
    const cause = { correlation: null, causation: run, hops: 0 };
    return (await this.#open(opening, cause)).id;
  }

  /** The flow that a question of `askAbout` was about; undefined for every other proposal. */
  async flowAskedAbout(proposal: number): Promise<string | undefined> {
    const [first] = await this.#options.store.readAt([proposal]);
    const event = first && decodeProposal(first);
    if (event?.type !== 'proposal.opened' || event.flow !== QUESTION_FLOW) return undefined;
    const about = event.evidence.find((each) => isObject(each) && each['kind'] === FAILURES);
    const flow = isObject(about) ? about['flow'] : undefined;
    return typeof flow === 'string' ? flow : undefined;
  }

  /** Takes back a question that nobody has answered; one that was answered stays so. */
  async withdraw(id: number, reason: string): Promise<void> {
    const { store, time } = this.#options;
    const row = await store.entity(id);
    if (row === undefined || row.ended !== null) return;
    const received = time.now();
    const event = withdrawn(proposalOf(row), { by: 'signalbox', reason }, received);
    const cause = { correlation: null, causation: id, hops: 0 };
    // Whoever was quicker has answered it, which is as well.
    await store.append({ writes: [proposalMove(row, event, { received, cause })] });
  }

  async #open(event: ProposalOpened, cause: Cause): Promise<EntityRow> {
    const { store, time } = this.#options;
    const received = time.now();
    const record = ownRecord(event.type, encodeProposal(event), received, cause);
    const write: EntityWrite = {
      kind: 'entity',
      entity: null,
      expectedVersion: null,
      record: { ...record, subject: QUESTION_FLOW },
      row: columnsOf(opened(event), { run: null, received }),
    };
    const result = await store.append({ writes: [write] });
    const row = result.kind === 'appended' ? await store.entity(result.first) : undefined;
    if (row !== undefined) return row;
    const message = 'The question could not be recorded, because the disk is full.';
    throw new SignalboxError('data.unusable', message);
  }
}

function actOfAsking({ act, question, trust }: Asking): Act {
  const base = { ...NO_ACT, flow: QUESTION_FLOW, step: 'question', question, trust };
  if (act === undefined) return { ...base, kind: 'question' };
  const { argv = [], paths = [], lines = 0, method = '', url = '', tool = '' } = act;
  const host = URL.canParse(url) ? new URL(url).host : '';
  return { ...base, kind: 'agent', argv, paths, lines, method, url, tool, host };
}

/** The same without the secrets that it holds. */
function redacted(act: object, { json }: Pick<KnownSecrets, 'json'>): Fields {
  return JSON.parse(json(JSON.stringify(act))) as Fields;
}

type Fields = { readonly [field: string]: Json };
