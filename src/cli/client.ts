import type { BadFiles, Plan, Reload } from '../config/definitions.ts';
import type { Event, EventDraft } from '../events/event.ts';
import type { DecisionWord } from '../gates/proposal.ts';
import type { TokenRole } from '../identity/roles.ts';
import type { TokenView } from '../identity/token.ts';
import type { Replayed } from '../routing/replays.ts';
import type { RepairRequest } from '../runs/repair.ts';
import type { EmitResult, Progress } from '../signalbox.ts';
import type { SourceView } from '../sources/supervised-source.ts';
import type { RebuildReport, Stats, VerifyReport } from '../views/engine-view.ts';
import type { CopyReport } from '../store/care.ts';
import type { VerifyOptions } from '../store/verification.ts';
import type { EffectsPage, EffectsQuery } from '../views/effects.ts';
import type { EventPage, EventPageQuery } from '../views/event-page.ts';
import type { EventDetail } from '../views/event-view.ts';
import type { GraphView } from '../views/graph-view.ts';
import type { StatusReport } from '../views/health-view.ts';
import type { HistoryPage, HistoryQuery } from '../views/history.ts';
import type { LetterPage, LetterPageQuery } from '../views/letter-page.ts';
import type { LetterDetail } from '../views/letter-view.ts';
import type { RecordedReplay } from '../views/recorded-replay.ts';
import type { EventName, ReplayPreview } from '../views/replay-preview.ts';
import type { ProposalPage, ProposalPageQuery, ProposalView } from '../views/proposal-view.ts';
import type { RunPage, RunPageQuery } from '../views/run-page.ts';
import type { RunView } from '../views/run-view.ts';
import type { ScheduleView } from '../views/schedule-view.ts';
import type { SagaPreview } from '../views/saga-view.ts';
import type { PreviewedStart, StartPreview } from '../views/start-preview.ts';
import type { TimerView } from '../views/timer-view.ts';
import type { Why } from '../views/why.ts';
import type { WhyNot } from '../views/why-not.ts';

import type { AutonomyView } from '../routing/autonomy-levels.ts';
import type { QuestionView } from '../views/question-view.ts';
import type { AskRequest } from './ask-command.ts';
import type { AutonomyAnswer, AutonomyRequest } from './autonomy.ts';
import type { IncidentsClient } from './incidents-client.ts';
import type { PauseAnswer } from './pause.ts';

/**
 * One data directory as a command sees it: through its daemon, or opened by the command itself
 * where no daemon holds it. Both give the same answers.
 */
export interface Client {
  /** The daemon's address; undefined where the command itself holds the data. */
  readonly url: string | undefined;
  emit(draft: EventDraft): Promise<EmitResult>;
  /** A way to emit that records events in the order of the calls, however many are under way. */
  emitInOrder(): Promise<(draft: EventDraft) => Promise<EmitResult>>;
  events(query: EventPageQuery): Promise<EventPage>;
  /** Waits, where `minSeq` is given, until the event of that seq is routed. */
  event(id: string, minSeq?: number): Promise<EventDetail | undefined>;
  /** The events after a seq as they come, until the daemon stops or the iteration is left. */
  follow(query: FollowQuery): AsyncIterable<Event>;
  /** The events after a seq up to and with another, oldest first, as the log holds them. */
  log(range: LogRange): AsyncIterable<Event>;
  /** Throws `flow.unknown` where nothing bears the name, as the list of dead letters does. */
  runs(query: RunPageQuery): Promise<RunPage>;
  run(id: string): Promise<RunView | undefined>;
  /** What a person does to a run. Throws with the code of the refusal where it is not done. */
  repair(id: string, request: Asked<RepairRequest>): Promise<RepairedRun>;
  /** The causes and the reason of a run or an event; throws `id.unknown` where there is neither. */
  why(id: string): Promise<Why>;
  /** What would be undone if the run were cancelled now. */
  saga(run: string): Promise<SagaPreview>;
  /** Who answers whom, as the flows in force say it. */
  graph(): Promise<GraphView>;
  /** Throws `id.unknown` or `flow.unknown`. */
  whyNot(event: string, flow: string): Promise<WhyNot>;
  history(query: HistoryQuery): Promise<HistoryPage>;
  uncertainEffects(query: EffectsQuery): Promise<EffectsPage>;
  /**
   * Starts a flow or a choreography by its name; `interactive` asks before each step that acts.
   * Throws `flow.unknown` with the names there are.
   */
  startFlow(flow: string, data: string, interactive?: boolean): Promise<FlowStart>;
  /** What such a start would do. Throws as it does; `daemon.absent` where none runs. */
  previewStart(start: PreviewedStart): Promise<StartPreview>;
  readonly letters: LettersClient;
  readonly proposals: ProposalsClient;
  readonly incidents: IncidentsClient;
  readonly replays: ReplaysClient;
  readonly tokens: TokensClient;
  plan(): Promise<Plan | BadFiles>;
  reload(): Promise<Reload>;
  /** Asks a person. */
  ask(request: AskRequest): Promise<QuestionView>;
  /** What became of a question, once it is answered or `wait` is over. */
  question(id: string, wait: string): Promise<QuestionView>;
  /** How much happens without a person. */
  autonomy(): Promise<AutonomyView>;
  setAutonomy(request: AutonomyRequest): Promise<AutonomyAnswer>;
  /** Throws `flow.unknown`. */
  pause(what: {
    readonly flow?: string | undefined;
    readonly reason?: string | undefined;
    readonly now?: boolean | undefined;
  }): Promise<PauseAnswer>;
  /** Throws `flow.unknown`. */
  resume(what: { readonly flow?: string | undefined }): Promise<PauseAnswer>;
  /** The sources that are open; none where no daemon runs. */
  sources(): Promise<readonly SourceView[]>;
  /** Closes a source and opens it anew; how it does then. Throws `source.unknown`. */
  restartSource(what: {
    readonly source: string;
    readonly reason?: string | undefined;
  }): Promise<SourceView>;
  /** Throws `flow.unknown`; null is what the files say. */
  limit(what: {
    readonly flow: string;
    readonly limit: number | null;
    readonly reason?: string | undefined;
  }): Promise<{ readonly changed: boolean }>;
  /** What is due at a time, the earliest first. */
  timers(limit: number): Promise<readonly TimerView[]>;
  /** The schedules in force, each with its `count` next times. */
  schedules(count: number): Promise<readonly ScheduleView[]>;
  status(): Promise<StatusReport>;
  stats(): Promise<Stats>;
  verify(options: VerifyOptions): Promise<VerifyReport>;
  /** Destroys an event's data; false where it was gone before. Throws `erase.refused`. */
  erase(id: string, reason: string | undefined): Promise<boolean>;
  /** Throws `backup.exists` or `backup.failed`. */
  backup(file: string): Promise<CopyReport>;
  rebuildCheck(progress: Progress): Promise<RebuildReport>;
  close(): Promise<void>;
}

/** A request, whoever it comes from. */
export type Asked<Request> = Request extends unknown ? Omit<Request, 'by'> : never;

/** A run as a person's deed has left it. */
export interface RepairedRun {
  readonly run: RunView;
  /** Whether the deed is done when the step under way is over. */
  readonly pending: boolean;
}

/** The event that starts a flow by its name. */
export interface FlowStart {
  readonly event: string;
  readonly seq: number;
}

/** What a command does with dead letters. Each method throws the code of its refusal. */
export interface LettersClient {
  list(query: LetterPageQuery): Promise<LetterPage>;
  find(id: string): Promise<LetterDetail | undefined>;
  /** `data` is JSON that takes the place of the event's. */
  retry(id: string, data: string | undefined): Promise<LetterDetail>;
  drop(id: string, reason: string | undefined): Promise<LetterDetail>;
}

/** What a command does with proposals. Each method throws the code of its refusal. */
export interface ProposalsClient {
  list(query: ProposalPageQuery): Promise<ProposalPage>;
  find(id: string): Promise<ProposalView | undefined>;
  decide(id: string, words: DecisionWords): Promise<ProposalView>;
  link(id: string, request: LinkRequest): Promise<MadeLink>;
  delegations(): Promise<readonly DelegationView[]>;
  delegate(request: DelegateRequest): Promise<readonly DelegationView[]>;
}

/** Who decides for whom; `to: null` ends it. */
export interface DelegateRequest {
  readonly to: string | null;
  readonly until?: string | undefined;
  readonly from?: string | undefined;
}

/** One person who decides for another one. */
export interface DelegationView {
  readonly from: string;
  readonly to: string;
  readonly until: string;
  readonly by: string;
}

/** Whose link it is to be, and for how long. */
export interface LinkRequest {
  readonly person?: string | undefined;
  readonly expires?: string | undefined;
}

/** A link, as a path below the daemon's address. */
export interface MadeLink {
  readonly path: string;
  readonly person: string;
  readonly expires: string;
}

/** What somebody says of a proposal. */
export interface DecisionWords {
  readonly decision: DecisionWord;
  readonly hash: string;
  readonly reason?: string | undefined;
  /** JSON in place of the step's input, as it was written. */
  readonly edited?: string | undefined;
}

/** How a command lets recorded events come once more; `flow` is the only one to have them. */
export interface ReplaysClient {
  /**
   * What a replay would do.
   *
   * @throws SignalboxError `id.unknown`, `replay.own_event` or `flow.unknown`, as `replay` does.
   */
  preview(event: EventName, flow: string | undefined): Promise<ReplayPreview>;
  /**
   * Whether the runs that the event started would be the same by the flows in force.
   *
   * @throws SignalboxError `id.unknown` or `flow.unknown`.
   */
  recorded(event: EventName, flow: string | undefined): Promise<RecordedReplay>;
  /** `unwanted` where the flow does not want the event. */
  replay(event: EventName, flow: string | undefined): Promise<Replayed>;
}

/** A token that a command asks for. */
export interface TokenWish {
  readonly name: string;
  readonly role: TokenRole;
  readonly person?: string | undefined;
  /** A duration as it is written. */
  readonly expires?: string | undefined;
}

/** What a command does with tokens. Each method throws the code of its refusal. */
export interface TokensClient {
  list(): Promise<readonly TokenView[]>;
  /** The one time that the token itself is told. */
  create(wish: TokenWish): Promise<TokenView & { readonly token: string }>;
  /** By its name or its id. */
  revoke(named: string): Promise<TokenView>;
  /** What the link of a person holds, and until when it is good. */
  link(person: string | undefined): Promise<{ readonly ticket: string; readonly expires: string }>;
}

/** How many events a command may have on their way at once. */
export const IN_FLIGHT_MAX = 128;

/** Which events to follow. */
export interface FollowQuery {
  readonly after: number;
  readonly type?: string | undefined;
}

/** A part of the log. */
export interface LogRange {
  readonly after: number;
  readonly until: number;
}
