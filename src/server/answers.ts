import type { Reload } from '../config/definitions.ts';
import type { Event } from '../events/event.ts';
import type { Delegation } from '../gates/delegations.ts';
import type { Principal } from '../identity/principal.ts';
import type { Right } from '../identity/roles.ts';
import type { Signalbox } from '../signalbox.ts';
import type { readUncertainEffects } from '../views/effects.ts';
import type { findEvent, readEvents } from '../views/event-page.ts';
import type { viewFlow } from '../views/flow-view.ts';
import type { viewGraph } from '../views/graph-view.ts';
import type { readStatus } from '../views/health-view.ts';
import type { readHistory } from '../views/history.ts';
import type { findIncident, readIncidents } from '../views/incident-view.ts';
import type { readLetter, readLetters } from '../views/letter-page.ts';
import type { readProposal, readProposals } from '../views/proposal-view.ts';
import type { viewQuestion } from '../views/question-view.ts';
import type { replayRecorded } from '../views/recorded-replay.ts';
import type { previewReplay } from '../views/replay-preview.ts';
import type { findRun, readRuns } from '../views/run-page.ts';
import type { previewSaga } from '../views/saga-view.ts';
import type { readSchedules } from '../views/schedule-view.ts';
import type { previewStart } from '../views/start-preview.ts';
import type { readTimers } from '../views/timer-view.ts';
import type { viewTool } from '../views/tool-view.ts';
import type { explainWhyNot } from '../views/why-not.ts';
import type { explainWhy } from '../views/why.ts';

/** What a function that looks something up gives where it finds it. */
type Of<Read extends (...asked: never[]) => unknown> = Exclude<
  Awaited<ReturnType<Read>>,
  undefined
>;
type Run = Of<typeof findRun>;
type Letter = Of<typeof readLetter>;
type Incident = Of<typeof findIncident>;
type Proposal = Of<typeof readProposal>;
type Question = Of<typeof viewQuestion>;
type Source = ReturnType<Signalbox['sources']>[number];
type Token = ReturnType<Signalbox['identity']['tokens']['list']>[number];
type Autonomy = Of<Signalbox['autonomy']['view']>;

/** A list that is whole. */
interface Whole<Item> {
  readonly items: readonly Item[];
  readonly next: null;
}

interface Changed {
  readonly changed: boolean;
}

interface Pauses extends Changed {
  readonly paused: ReturnType<Signalbox['status']>['paused'];
}

/** An event that is durable. */
interface Recorded {
  readonly id: string;
  readonly seq: number;
}

interface Receipt extends Recorded {
  readonly duplicate: boolean;
}

interface Delegated extends Omit<Delegation, 'until'> {
  readonly until: string;
}

interface Caller extends Pick<Principal, 'name' | 'role' | 'token'> {
  readonly person: string | null;
  readonly actor: string;
  readonly rights: readonly Right[];
}

/** A question that a policy has answered at once is nobody's proposal. */
type Asked = Omit<Question, 'id'> & { readonly id: string | null };

/**
 * What each route answers where it says yes. The schemas of the OpenAPI document are made of these
 * types by `node scripts/answer-schemas.mjs --write`; tests hold answers against the schemas.
 */
export interface Answers {
  'POST /api/v1/events': Receipt | readonly Receipt[];
  'GET /api/v1/events': Of<typeof readEvents>;
  'GET /api/v1/events/:id': Of<typeof findEvent>;
  'GET /api/v1/events/:id/replay': Of<typeof previewReplay> | Of<typeof replayRecorded>;
  'POST /api/v1/events/:id/replay': Recorded;
  'GET /api/v1/events/:id/why': Of<typeof explainWhy>;
  'GET /api/v1/events/:id/why-not': Of<typeof explainWhyNot>;
  'POST /api/v1/events/:id/erase': Changed;
  'GET /api/v1/runs': Of<typeof readRuns>;
  'POST /api/v1/runs': { readonly event: string; readonly seq: number };
  'POST /api/v1/runs/preview': Of<typeof previewStart>;
  'GET /api/v1/runs/:id': Run;
  'GET /api/v1/runs/:id/why': Of<typeof explainWhy>;
  'GET /api/v1/runs/:id/saga': Of<typeof previewSaga>;
  'POST /api/v1/runs/:id/pause': Run;
  'POST /api/v1/runs/:id/resume': Run;
  'POST /api/v1/runs/:id/cancel': Run;
  'POST /api/v1/runs/:id/kill': Run;
  'POST /api/v1/runs/:id/retry': Run;
  'POST /api/v1/runs/:id/skip': Run;
  'POST /api/v1/runs/:id/set': Run;
  'POST /api/v1/runs/:id/move': Run;
  'GET /api/v1/dead-letters': Of<typeof readLetters>;
  'GET /api/v1/dead-letters/:id': Letter;
  'POST /api/v1/dead-letters/:id/retry': Letter;
  'POST /api/v1/dead-letters/:id/drop': Letter;
  'GET /api/v1/proposals': Of<typeof readProposals>;
  'GET /api/v1/proposals/:id': Proposal;
  'POST /api/v1/proposals/:id/decision': Proposal;
  'POST /api/v1/proposals/:id/link': {
    readonly path: string;
    readonly person: string;
    readonly expires: string;
  };
  'POST /api/v1/questions': Asked;
  'GET /api/v1/questions/:id': Question;
  'GET /api/v1/incidents': Of<typeof readIncidents>;
  'GET /api/v1/incidents/:id': Incident;
  'POST /api/v1/incidents/:id/ack': Incident;
  'POST /api/v1/incidents/:id/resolve': Incident;
  'POST /api/v1/incidents/:id/false-alarm': Incident;
  /** The data of each message. */
  'GET /api/v1/stream': Event;
  'GET /api/v1/flows': Whole<ReturnType<typeof viewFlow> & { readonly open: number }>;
  'GET /api/v1/plan': Of<Signalbox['plan']>;
  'POST /api/v1/reload': Extract<Reload, { ok: true }>;
  'GET /api/v1/sources': Whole<Source>;
  'POST /api/v1/sources/restart': Source | null;
  'POST /api/v1/limit': Changed;
  'GET /api/v1/schedules': Whole<Of<typeof readSchedules>[number]>;
  'GET /api/v1/tools': Whole<ReturnType<typeof viewTool>>;
  'GET /api/v1/status': Of<typeof readStatus>;
  'GET /api/v1/health': Of<Signalbox['health']>;
  'GET /api/v1/graph': Of<typeof viewGraph>;
  'GET /api/v1/timers': Whole<Of<typeof readTimers>[number]>;
  'GET /api/v1/history': Of<typeof readHistory>;
  'GET /api/v1/effects': Of<typeof readUncertainEffects>;
  'GET /api/v1/stats': Of<Signalbox['stats']>;
  'GET /api/v1/verify': Of<Signalbox['verify']>;
  'GET /api/v1/rebuild-check': Of<Signalbox['rebuildCheck']>;
  'POST /api/v1/pause': Pauses;
  'POST /api/v1/resume': Pauses;
  'GET /api/v1/autonomy': Autonomy;
  'POST /api/v1/autonomy': Autonomy & Changed;
  'GET /api/v1/delegations': Whole<Delegated>;
  'POST /api/v1/delegations': Whole<Delegated>;
  'GET /api/v1/whoami': Caller;
  'GET /api/v1/tokens': Whole<Token>;
  'POST /api/v1/tokens': Token & { readonly token: string };
  'POST /api/v1/tokens/:id/revoke': Token;
  'POST /api/v1/login-links': { readonly ticket: string; readonly expires: string };
  'POST /api/v1/backup': Of<Signalbox['care']['backup']>;
  'POST /logout': { readonly ended: true };
  'GET /api/v1/openapi.json': object;
  'GET /healthz': { readonly ok: true };
  'GET /readyz': { readonly ready: true };
}
