import type { FastifyRequest } from 'fastify';
import { EVENT_CONTENT_TYPES, formOf, readEvents } from '../../events/cloudevents.ts';
import type { EventDraft } from '../../events/event.ts';
import { markOf } from '../../runs/interactive.ts';
import { actorOf, allows, OWNER, type Principal } from '../../identity/principal.ts';
import type { EmitResult, Signalbox } from '../../signalbox.ts';
import { SignalboxError } from '../../std/errors.ts';
import { bodyText } from '../body.ts';
import { byOf, callerOf } from '../caller.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { unsupportedMediaType } from '../media-type.ts';
import { refusalOf } from '../../sources/refusal.ts';
import type { Route, RouteContext } from '../route.ts';

/** The route that records events; it answers when they are durable. */
export function recordEventsRoute(context: RouteContext): Route {
  return {
    method: 'POST',
    path: '/api/v1/events',
    needs: 'emit',
    summary: 'Records an event, or a batch, and answers when it is durable.',
    status: 202,
    bodyMedia: EVENT_CONTENT_TYPES,
    handle: (request) => recordEvents(context, request),
  };
}

interface Receipt {
  readonly id: string;
  readonly seq: number;
  readonly duplicate: boolean;
}

/** Records an event in the name of whoever sends it. */
type Sender = (draft: EventDraft) => Promise<EmitResult>;

/**
 * Who sends an event is known, and stands in it. The owner, and whoever operates, may pass on what
 * somebody else did; an agent cannot claim that, and what a run sends is caused by the run.
 */
function senderOf(box: Signalbox, principal: Principal, requestid: string): Sender {
  if (principal.token === OWNER.token) return (draft) => box.emit(draft);
  const actor = actorOf(principal);
  if (allows(principal, 'operate')) {
    return (draft) => box.emit({ ...draft, actor: draft.actor ?? actor, requestid });
  }
  const { run } = principal;
  if (run === undefined) return (draft) => box.emit({ ...draft, actor, requestid });
  const cause = { correlation: run.correlation, causation: run.id, hops: run.hops };
  const trust = run.untrusted ? 'untrusted' : undefined;
  const mark = markOf(run.interactive);
  return (draft) => {
    return box.emit({ ...draft, actor, requestid, trust: trust ?? draft.trust, ...mark }, cause);
  };
}

async function recordEvents(
  { box, failures }: RouteContext,
  request: FastifyRequest,
): Promise<Receipt | Receipt[]> {
  const { headers, body } = request;
  const { principal } = callerOf(request);
  const emit = senderOf(box, principal, request.id);
  const form = formOf(headers);
  if (form === undefined || (headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw unsupportedMediaType();
  }
  const drafts = draftsOf(() => readEvents(form, headers, bodyText(body)));
  const forged = await refuseForged(box, principal, drafts);
  if (forged !== undefined) {
    failures.note(request.raw, forged, byOf(request));
    throw forged;
  }
  const [first] = drafts;
  if (form !== 'batch' && first !== undefined) return receiptOf(await emit(first));
  return receiptsOf(await emitAll(emit, drafts));
}

/**
 * Whoever may only tell speaks in no source's name: it would pass for a signed webhook, and what
 * the source hears by that id later would be a duplicate of it.
 */
async function refuseForged(
  box: Signalbox,
  principal: Principal,
  drafts: readonly EventDraft[],
): Promise<HttpError | undefined> {
  if (allows(principal, 'operate')) return undefined;
  const { sources } = await box.catalog();
  const claimed = drafts.find(({ source }) => sources?.has(source))?.source;
  if (claimed === undefined) return undefined;
  const message = `"${claimed}" is a source of this daemon; name another as "source".`;
  return new HttpError('auth.forbidden', message, { status: 403 });
}

/** The calls go out in order and at once: so the events keep their order and share commits. */
function emitAll(emit: Sender, drafts: readonly EventDraft[]): Promise<EmitResult[]> {
  return Promise.all(drafts.map(emit));
}

function receiptOf(result: EmitResult): Receipt {
  if (result.kind !== 'accepted') throw refusalOf(result);
  const { id, seq, duplicate } = result;
  return { id, seq, duplicate };
}

/** A batch is recorded event by event: where some are refused, each one's fate is told. */
function receiptsOf(results: readonly EmitResult[]): Receipt[] {
  const refused = results.findIndex(({ kind }) => kind !== 'accepted');
  const result = results[refused];
  if (result === undefined || result.kind === 'accepted') return results.map(receiptOf);
  const { code, message, status, headers } = refusalOf(result);
  const details = { items: results.map(outcomeOf) };
  throw new HttpError(code, `Event ${refused}: ${message}`, { status, headers, details });
}

function outcomeOf(result: EmitResult): object {
  if (result.kind === 'accepted') return receiptOf(result);
  const { code, message, status, details } = refusalOf(result);
  return { status, code, detail: message, ...details };
}

function draftsOf(read: () => EventDraft[]): EventDraft[] {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof SignalboxError) || cause instanceof HttpError) throw cause;
    throw new HttpError(cause.code, cause.message, { status: 400, cause });
  }
}
