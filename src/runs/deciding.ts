import type { ActionStep } from '../flows/flow.ts';
import {
  decide,
  type Decider,
  type DecisionRefusal,
  type DecisionRequest,
  expired,
} from '../gates/decide.ts';
import { otherChoice } from '../gates/question.ts';
import {
  decodeProposal,
  type DecisionWord,
  type Edited,
  editedOf,
  type ProposalDecided,
  type ProposalEvent,
  proposalOf,
} from '../gates/proposal.ts';
import type { People } from '../identity/people.ts';
import { messageOf } from '../std/errors.ts';
import { isObject, type Json } from '../std/json.ts';
import { type AppendResult, OPEN_STATES, type Store } from '../store/contract.ts';
import type { EntityRow } from '../store/entity.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { compensate } from './compensate.ts';
import type { Driver } from './driver.ts';
import type { Moved } from './driver-options.ts';
import type { Forks } from './forks.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import { endsRun, type JournalEvent } from './journal.ts';
import type { Motion } from './motion.ts';
import { isAction } from './next.ts';
import { stepAt } from './position.ts';
import { proposalMove } from './proposal-writes.ts';
import { returnTarget } from './return-target.ts';
import { fail } from './settle.ts';
import { transition } from './transition.ts';

/** Who there is, as of now. */
export interface Deciders {
  readonly people: People;
  /** Whether somebody who approved before may still decide anything. */
  stands(who: string): boolean;
  /** The people in whose place somebody may decide now. */
  standsFor?(who: string): readonly string[];
}

export interface DecidingOptions {
  readonly store: Store;
  readonly time: EngineTime;
  readonly forks: Forks;
  readonly driver: Pick<Driver, 'holds' | 'close'>;
  readonly gatekeeper: Gatekeeper;
  readonly moved: Moved;
  readonly deciders: Deciders;
}

/** What somebody says of a proposal. */
export interface Saying {
  readonly decision: DecisionWord;
  readonly hash: string;
  readonly reason: string | null;
  /** What the step is to be given in place of what was proposed. */
  readonly edited?: Json | undefined;
}

/** What came of it. */
export type Said =
  | { readonly kind: 'decided' | 'voted'; readonly row: EntityRow }
  | (Omit<DecisionRefusal, 'status'> & {
      readonly status: 400 | 403 | 404 | 409 | 507;
      /** The proposal as it stands, where there is one. */
      readonly row?: EntityRow;
    });

/** How often a decision is tried again whose proposal or run has moved on meanwhile. */
const TRIES_MAX = 20;
const REASON_LENGTH_MAX = 4_096;

/**
 * Answers proposals: for people, and for those that nobody answers. What is decided, and what the
 * run does about it, are one unit, written on what was read: of several answers one is the first,
 * and the others find it there.
 */
export class Deciding {
  readonly #options: DecidingOptions;

  constructor(options: DecidingOptions) {
    this.#options = options;
  }

  /** Records what somebody says of a proposal, by its seq. */
  async decide(id: number, saying: Saying, by: Decider): Promise<Said> {
    const { reason, decision, edited } = saying;
    if (reason !== null && reason.length > REASON_LENGTH_MAX)
      return invalid(`The reason has ${reason.length} characters, over ${REASON_LENGTH_MAX}.`);
    if (decision === 'return' && (reason === null || reason.trim() === ''))
      return invalid('What is returned needs a reason: the step that runs again is told it.');
    if (edited !== undefined && decision !== 'approve')
      return invalid('Only what is approved can be edited.');
    return this.#again(id, (row) => this.#try(row, saying, by));
  }

  /** Ends a proposal whose time is over. One that has been answered stays as it is. */
  expire(id: number): Promise<Said> {
    return this.#again(id, (row) => {
      const event = expired(proposalOf(row), this.#options.time.now());
      if (event === undefined) return Promise.resolve({ kind: 'decided', row });
      return this.#write(row, event);
    });
  }

  async #again(id: number, attempt: (row: EntityRow) => Promise<Said | 'stale'>): Promise<Said> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const row = await this.#options.store.entity(id);
      if (row?.kind !== 'proposal')
        return {
          kind: 'refused',
          code: 'proposal.unknown',
          message: 'There is none.',
          status: 404,
        };
      const said = await attempt(row);
      if (said !== 'stale') return said;
    }
    const message = 'The run moves on faster than it can be answered; try again.';
    return { kind: 'refused', code: 'proposal.busy', message, status: 409 };
  }

  async #try(row: EntityRow, saying: Saying, by: Decider): Promise<Said | 'stale'> {
    const { time, deciders } = this.#options;
    const context = {
      people: deciders.people,
      stands: (who: string) => deciders.stands(who),
      standsFor: (who: string) => deciders.standsFor?.(who) ?? [],
    };
    const proposal = proposalOf(row);
    const { edited: input, ...request } = saying;
    // Who may not decide learns nothing of what an edit would do.
    const first = decide(proposal, request, by, { ...context, now: time.now() });
    if (first.kind === 'refused') return { ...first, row };
    const edited = input === undefined ? undefined : await this.#edited(row, input);
    if (edited !== undefined && 'problem' in edited) return { ...invalid(edited.problem), row };
    const full: DecisionRequest = edited === undefined ? request : { ...request, edited };
    const outcome = decide(proposal, full, by, { ...context, now: time.now() });
    if (outcome.kind === 'refused') return { ...outcome, row };
    return this.#write(row, outcome.event);
  }

  /** The edited form, bound; or why it cannot be run. */
  async #edited(row: EntityRow, input: Json): Promise<Edited | { readonly problem: string }> {
    if (row.run === null) return this.#answered(row, input);
    const motion = await this.#motionOf(row);
    if (motion === undefined) return { problem: 'Its run does not wait for it any more.' };
    try {
      const step = stepAt(motion.flow, motion.run.at);
      if (step === undefined || !isAction(step)) return { problem: 'Its step is gone.' };
      return await this.#boundEdit(motion, step, input);
    } finally {
      this.#letGo(motion);
    }
  }

  /** Another answer to a question that no run asks. */
  async #answered(row: EntityRow, input: Json): Promise<Edited | { readonly problem: string }> {
    const [first] = await this.#options.store.readStream(row.id);
    const opened = first && decodeProposal(first);
    if (opened?.type !== 'proposal.opened') return { problem: 'Its beginning is gone.' };
    return otherChoice(opened, input);
  }

  async #boundEdit(
    motion: Motion,
    step: ActionStep,
    input: Json,
  ): Promise<Edited | { readonly problem: string }> {
    if (step.secrets !== undefined)
      return { problem: 'A step that is given secrets cannot be edited; return it instead.' };
    const { gatekeeper } = this.#options;
    const problem = gatekeeper.editProblem(step, input);
    if (problem !== undefined) return { problem };
    try {
      const bound = await gatekeeper.bind(motion, step, input);
      const isSame = JSON.stringify(bound.input) === JSON.stringify(input);
      if (!isSame) return { problem: 'The edited form holds a secret, which no log keeps.' };
      const refusal = await gatekeeper.editRefusal(motion, step, input);
      if (refusal !== undefined) return { problem: refusal };
      return { input, canonical: bound.canonical, hash: bound.hash };
    } catch (error) {
      return { problem: `The edited form cannot be run: ${messageOf(error)}` };
    }
  }

  /** Writes a record of a proposal, and what the run does about it. */
  async #write(
    row: EntityRow,
    event: Exclude<ProposalEvent, { type: 'proposal.opened' }>,
  ): Promise<Said | 'stale'> {
    const { store } = this.#options;
    if (row.run === null || event.type === 'proposal.voted') {
      const result = await store.append({ writes: [await this.#move(row, event)] });
      return this.#said(row.id, event, result);
    }
    const motion = await this.#motionOf(row);
    if (motion === undefined) return 'stale';
    try {
      return await this.#resume(row, event, motion);
    } finally {
      this.#letGo(motion);
    }
  }

  async #resume(row: EntityRow, event: ProposalDecided, motion: Motion): Promise<Said | 'stale'> {
    const { store, driver, forks, time, moved } = this.#options;
    const before = motion.run;
    const edited = await this.#editedOf(row, event);
    const asked = this.#entryOf(row, { ...event, ...(edited && { edited }) }, motion);
    const entry = compensate(motion, asked, { due: time.now() });
    const step = transition(motion, entry, time.now());
    const move = await this.#move(row, event);
    const isClosing = endsRun(entry) && motion.fork !== undefined;
    const result = isClosing
      ? await driver.close(motion, entry, [move])
      : await store.append({ writes: [step.write, move] });
    if (result.kind !== 'appended') return this.#said(row.id, event, result);
    await forks.heard(step, result.first);
    const isHeld = driver.holds(motion.id);
    const state = OPEN_STATES.find((open) => open === before.state) ?? null;
    moved(motion.id, step.row, isHeld ? 'running' : state);
    return this.#said(row.id, event, result);
  }

  /** The edited form that is approved: it may have come with an earlier vote for it. */
  async #editedOf(row: EntityRow, event: ProposalDecided): Promise<Edited | undefined> {
    const isVoted = event.decision === 'approve' && proposalOf(row).votes.length > 0;
    if (event.edited !== undefined || !isVoted) return event.edited;
    const records = await this.#options.store.readStream(row.id);
    return editedOf(records.flatMap((record) => decodeProposal(record) ?? []));
  }

  /** What the run does about it. */
  #entryOf({ id }: EntityRow, event: ProposalDecided, motion: Motion): JournalEvent {
    const { run, flow, approval } = motion;
    const now = this.#options.time.now();
    const step = stepAt(flow, run.at);
    const place = { at: run.at, step: step?.id ?? run.at };
    const { by, reason, hash, edited } = event;
    switch (event.decision) {
      case 'approve': {
        const input = edited === undefined ? {} : { input: edited.input };
        const said = { hash, by, proposal: id, asOf: approval?.asOf ?? now, due: now, ...input };
        return { type: 'step.approved', ...place, ...said };
      }
      case 'return': {
        const target = returnTarget(motion);
        const back = { at: target, step: stepAt(flow, target)?.id ?? target };
        const said = { from: place.step, by, reason, proposal: id, due: now };
        return { type: 'step.returned', ...back, ...said };
      }
      default:
        break;
    }
    if (step !== undefined && event.decision === 'expire' && isExpiryFailure(step)) {
      const message = `Nobody approved step "${place.step}" in time.`;
      const error = { code: 'gate.expired', message, happened: 'no' } as const;
      return fail(run, motion.passing(step, now), error, { due: now });
    }
    const failing = step && motion.passing(step, now).failing;
    if (failing !== undefined) return { type: 'run.failed', ...failing };
    return { type: 'run.declined', ...place, by, reason, proposal: id };
  }

  /** The run that waits for a proposal; undefined where it does not any more. */
  async #motionOf(row: EntityRow): Promise<Motion | undefined> {
    const { store, forks } = this.#options;
    const run = row.run === null ? undefined : await store.run(row.run);
    if (run === undefined || run.ended !== null) return undefined;
    const motion = await forks.takeUp(run);
    const { approval } = motion;
    if (approval !== undefined && approval.hash === undefined) return motion;
    this.#letGo(motion);
    return undefined;
  }

  #letGo({ fork }: Motion): void {
    if (fork !== undefined) this.#options.forks.letGo(fork);
  }

  async #move(row: EntityRow, event: ProposalEvent): Promise<ReturnType<typeof proposalMove>> {
    const [first] = await this.#options.store.readAt([row.id]);
    const { correlation = null, causation = null, hops = 0 } = first ?? {};
    const received = this.#options.time.now();
    return proposalMove(row, event, { received, cause: { correlation, causation, hops } });
  }

  async #said(id: number, { type }: ProposalEvent, result: AppendResult): Promise<Said | 'stale'> {
    if (result.kind === 'full') {
      const message = 'The disk is full, so nothing can be recorded; free some space.';
      return { kind: 'refused', code: 'store.full', message, status: 507 };
    }
    if (result.kind !== 'appended') return 'stale';
    const row = await this.#options.store.entity(id);
    if (row === undefined) return 'stale';
    return { kind: type === 'proposal.voted' ? 'voted' : 'decided', row };
  }
}

function isExpiryFailure(step: object): boolean {
  return isObject(step) && (step as unknown as ActionStep).gate?.onExpire === 'fail';
}

function invalid(message: string): Extract<Said, { kind: 'refused' }> {
  return { kind: 'refused', code: 'proposal.invalid', message, status: 400 };
}
