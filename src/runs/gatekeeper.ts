import type { Attribution } from '../events/attribution.ts';
import type { ActionStep } from '../flows/flow.ts';
import { render } from '../flows/template.ts';
import { isInward } from '../gates/act.ts';
import { bind, changes, type Proposed } from '../gates/content.ts';
import { withdrawn } from '../gates/decide.ts';
import type { Judgement } from '../gates/judge.ts';
import type { Judging } from '../gates/judging.ts';
import { decodeProposal, editedOf, proposalOf } from '../gates/proposal.ts';
import { asksAnyway, type Verdict, verdictOf } from '../gates/verdict.ts';
import { canonicalJson, sha256 } from '../std/canonical-json.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { isObject, type Json } from '../std/json.ts';
import { noRedaction } from '../std/redact.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EntityRow, EntityWrite } from '../store/entity.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { failure } from './attempt.ts';
import { isInteractiveRun } from './interactive.ts';
import type { JournalEvent } from './journal.ts';
import type { StepApproved } from './journal-gates.ts';
import type { Motion } from './motion.ts';
import {
  type BoundInput,
  openingOf,
  proposalMove,
  proposalOpening,
  waitsForText,
} from './proposal-writes.ts';
import { proposersOf } from './proposers.ts';
import { redactedValue } from './redacted-result.ts';
import { type RunSecrets, scopeWith } from './run-secrets.ts';
import type { StepKind, StepResult } from './step-kind.ts';
import { trustOf } from './trust.ts';

export interface GatekeeperOptions {
  readonly store: Store;
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly time: EngineTime;
  /** The folder that a step's paths are relative to. */
  readonly directory: string;
  readonly secrets?: RunSecrets | undefined;
  readonly judging: Judging;
}

/** By whom, and why, what was proposed is taken back. */
type Withdrawal = Attribution & { readonly reason: string };

/** What becomes of a step that is about to be called. */
export type Passage =
  /** It is called: with this input where one was approved, else with what its templates give. */
  | { readonly kind: 'go'; readonly input?: Json | undefined; readonly asOf?: number }
  /** A policy says yes: this is recorded, and then it is called. */
  | { readonly kind: 'approved'; readonly entry: StepApproved; readonly besides: EntityWrite[] }
  /** Not now, or never: the run waits or ends with this. */
  | { readonly kind: 'stop'; readonly entry: JournalEvent; readonly besides: EntityWrite[] }
  /** What it would do cannot be said, so nobody can approve it. */
  | { readonly kind: 'fail'; readonly result: StepResult };

/** What is proposed, and as of when its templates were filled in. */
interface Asked {
  readonly bound: BoundInput;
  readonly asOf: number;
  readonly judgement: Judgement;
}

const GO: Passage = { kind: 'go' };

/** Stands between the intent to call a step and its call. */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  /** Whether `check` has anything to say: most steps are called at once. */
  isJudged(motion: Motion, { gate, kind, secrets = [] }: ActionStep): boolean {
    // What was approved is what is called, though by now nobody would have to be asked.
    if (motion.approval !== undefined) return true;
    if (gate !== undefined || (isInteractiveRun(motion) && !isInward(kind))) return true;
    return this.#options.judging.concerns({ kind, secrets: secrets.length > 0 });
  }

  /**
   * Whether the step at which the run stands may be called now. What was approved is compared with
   * what would run, file by file: where anything has changed, somebody is asked anew.
   */
  async check(motion: Motion, step: ActionStep): Promise<Passage> {
    if (!this.isJudged(motion, step)) return GO;
    const { approval } = motion;
    const asOf = approval?.asOf ?? this.#options.time.now();
    try {
      const input = approval?.input ?? this.#render(motion, step, asOf);
      const judgement = await this.#judge(motion, step, input);
      const isFree = judgement.answer === 'approve' && !judgement.isRecorded;
      const isAsked = asksAnyway(judgement, isInteractiveRun(motion));
      if (isFree && approval === undefined && !isAsked) return GO;
      const bound = await this.bind(motion, step, input);
      // What is not to be done at all is not, also where somebody said yes before that was said.
      const isRefused = judgement.answer === 'reject';
      const isSame = approval?.hash === bound.hash;
      if (isSame && !isRefused) return { kind: 'go', input: approval.input, asOf };
      return await this.#ask(motion, step, { bound, asOf, judgement });
    } catch (error) {
      const code = error instanceof SignalboxError ? error.code : 'step.input_invalid';
      return { kind: 'fail', result: failure(code, messageOf(error)) };
    }
  }

  /**
   * What a step would do with an input, bound.
   *
   * @throws SignalboxError where it would be refused.
   */
  async bind(motion: Motion, step: ActionStep, input: Json): Promise<BoundInput> {
    const { kinds, directory, secrets } = this.#options;
    const known = secrets?.known ?? noRedaction;
    const { catalog } = motion.run;
    const call = { input, catalog, directory, event: motion.event };
    const proposed = (await kinds.get(step.kind)?.propose?.(call)) ?? asWritten(step, input);
    const shown = redactedValue(proposed as unknown as Json, known) as unknown as Proposed;
    const given = redactedValue(input, known);
    const binding = bind({
      version: 1,
      key: motion.key(step.id),
      flow: motion.flow.name,
      step: step.id,
      kind: step.kind,
      catalog,
      content: shown.content,
      input: sha256(canonicalJson(given)),
      files: shown.files,
    });
    return { ...shown, ...binding, input: given };
  }

  /** The rule by which an edited input would not be done, whoever approves it. */
  async editRefusal(motion: Motion, step: ActionStep, input: Json): Promise<string | undefined> {
    const { answer, by } = await this.#judge(motion, step, input);
    return answer === 'reject' ? `The edited form is not to be done: ${by}.` : undefined;
  }

  /** Why an edited input cannot take the place of what was proposed; undefined where it may. */
  editProblem({ kind }: ActionStep, input: Json): string | undefined {
    const known = this.#options.kinds.get(kind);
    if (known?.propose === undefined) return `A step of kind "${kind}" cannot be edited.`;
    if (!isObject(input)) return 'The edited form is no JSON object like the "input" proposed.';
    const keys = new Set([kind, ...known.shape.keys, ...(known.inputKeys ?? [])]);
    const unknown = Object.keys(input).find((key) => !keys.has(key));
    return unknown === undefined ? undefined : `The edited form has an unknown key "${unknown}".`;
  }

  /** Withdraws what the run has proposed and nobody has answered, since the run does not wait. */
  async withdrawal({ id }: Motion, why: Withdrawal): Promise<EntityWrite[]> {
    const row = await this.#lastOf(id);
    return row === undefined || row.ended !== null ? [] : [await this.#withdraw(row, why)];
  }

  async #lastOf(run: number): Promise<EntityRow | undefined> {
    const [row] = await this.#options.store.entities({ kind: 'proposal', run, limit: 1 });
    return row;
  }

  async #withdraw(row: EntityRow, why: Withdrawal): Promise<EntityWrite> {
    const { store, time } = this.#options;
    const received = time.now();
    const event = withdrawn(proposalOf(row), why, received);
    const [first] = await store.readAt([row.id]);
    return proposalMove(row, event, { received, cause: causeOf(first) });
  }

  #judge(
    motion: Motion,
    { id, kind, effect, gate, secrets = [] }: ActionStep,
    input: Json,
  ): Promise<Judgement> {
    return this.#options.judging.judge({
      step: id,
      kind,
      effect,
      gate,
      input,
      flow: motion.flow,
      catalog: motion.run.catalog,
      trust: trustOf(motion),
      secrets: secrets.length > 0,
    });
  }

  async #ask(
    motion: Motion,
    step: ActionStep,
    { bound, asOf, judgement }: Asked,
  ): Promise<Passage> {
    const { store, time } = this.#options;
    const now = time.now();
    const last = motion.approval === undefined ? undefined : await this.#lastOf(motion.id);
    const replaced = last?.state === 'open' || last?.state === 'approved' ? last : undefined;
    const reason = replaced && (await this.#difference(replaced, bound));
    const why = { by: 'signalbox', reason: reason ?? '' };
    const besides = replaced === undefined ? [] : [await this.#withdraw(replaced, why)];
    const verdict = verdictOf(judgement, isInteractiveRun(motion));
    const proposers = await proposersOf(motion, store);
    const told =
      reason === undefined ? verdict : { ...verdict, reasons: [...verdict.reasons, reason] };
    const opening = { bound, verdict: told, now, proposers, replaced };
    const event = openingOf(motion, step, opening);
    besides.push(proposalOpening(motion, event, now));
    return passageOf(motion, {
      verdict,
      besides,
      asOf,
      step,
      waitsFor: waitsForText(event),
      hash: bound.hash,
    });
  }

  #render(motion: Motion, { input, secrets = [] }: ActionStep, asOf: number): Json {
    const names = Object.fromEntries(secrets.map((name) => [name, `[secret ${name}]`]));
    return render(input, scopeWith(motion.scope(asOf), secrets.length === 0 ? undefined : names));
  }

  /** What has changed since the proposal before was opened, for whoever is asked again. */
  async #difference(before: EntityRow, { canonical }: BoundInput): Promise<string> {
    const records = await this.#options.store.readStream(before.id);
    const events = records.flatMap((record) => decodeProposal(record) ?? []);
    const [first] = events;
    const own = first?.type === 'proposal.opened' ? first.canonical : canonical;
    const changed = changes(editedOf(events)?.canonical ?? own, canonical);
    const what = changed.length === 0 ? 'it was held back' : changed.join(', ');
    return `asked again, since what would run has changed: ${what}`;
  }
}

function passageOf(
  motion: Motion,
  given: {
    readonly verdict: Verdict;
    readonly besides: EntityWrite[];
    readonly asOf: number;
    readonly step: ActionStep;
    readonly waitsFor: string;
    readonly hash: string;
  },
): Passage {
  const { verdict, besides, asOf, step, waitsFor, hash } = given;
  const place = { at: motion.run.at, step: step.id };
  const by = `policy:${verdict.policy ?? ''}`;
  switch (verdict.verdict) {
    case 'reject': {
      const reason = verdict.reasons.join('; ') || null;
      const entry = { type: 'run.declined', ...place, by, reason, proposal: null } as const;
      return { kind: 'stop', entry, besides };
    }
    case 'approve': {
      const said = { hash, by, proposal: null, asOf, due: null };
      return { kind: 'approved', entry: { type: 'step.approved', ...place, ...said }, besides };
    }
    case 'ask': {
      const due = motion.deadline === Number.POSITIVE_INFINITY ? null : motion.deadline;
      const entry = { type: 'step.proposed', ...place, hash, asOf, waitsFor, due } as const;
      return { kind: 'stop', entry, besides };
    }
  }
}

/** What a kind that says nothing of its calls would do. */
function asWritten({ kind }: ActionStep, input: Json): Proposed {
  const unbound = ['what this kind of step reads besides its input'];
  return { content: { kind: 'step', step: kind, input }, files: [], unbound };
}

function causeOf(record: LogRecord | undefined): {
  correlation: string | null;
  causation: number | null;
  hops: number;
} {
  const { correlation = null, causation = null, hops = 0 } = record ?? {};
  return { correlation, causation, hops };
}
