import { notificationOf } from '../../../channels/notification-record.ts';
import { routeOf } from '../../../channels/notification.ts';
import type { Event } from '../../../events/event.ts';
import { matchesText } from '../../../events/pattern.ts';
import type { Scope } from '../../../flows/scope.ts';
import type { Json } from '../../../std/json.ts';
import type { EntityRow } from '../../../store/entity.ts';
import type { IncidentView } from '../../../views/incident-view.ts';
import type { ProposalView } from '../../../views/proposal-view.ts';
import type { RunView } from '../../../views/run-view.ts';
import { type TestEffect, toolOf } from '../answers.ts';
import type { Played } from './play.ts';
import type { Wanted, WantedFields } from './scenario.ts';

/** Something that happened, as an expectation looks at it. */
export interface Thing {
  readonly name: string;
  /** When, in milliseconds from the beginning; of what is open, when it began. */
  readonly atMs: number;
  /** Whether it is what is meant, but for its condition and its time. */
  readonly fits: boolean;
  readonly scope: Scope;
  /** As people read it, in one line. */
  readonly text: string;
}

/** How much of a thing is told. */
const TEXT_LENGTH_MAX = 160;

/** What could be meant by an expectation: all things of its kind, in the order of time. */
export function thingsOf(wanted: Wanted, played: Played): Thing[] {
  const { began } = played;
  switch (wanted.what) {
    case 'event':
      return played.events.map((event) => eventThing(event, wanted, began));
    case 'run':
      return played.runs.map((run) => runThing(run, wanted, began));
    case 'effect':
      return played.effects.map((effect) => effectThing(effect, wanted, began));
    case 'proposal':
      return played.proposals.map((proposal) => proposalThing(proposal, wanted, began));
    case 'incident':
      return played.incidents.map((incident) => incidentThing(incident, wanted, began));
    case 'notification':
      return played.notifications.map((row) => notificationThing(row, wanted, played));
  }
}

function eventThing(event: Event, { name }: Wanted, began: number): Thing {
  const { type, data, received } = event;
  const atMs = Date.parse(received) - began;
  const values: { readonly [key: string]: Json } = { event: { ...event }, payload: data };
  const text = `${timeText(atMs)}  ${type}  ${cut(JSON.stringify(data))}`;
  return { name: type, atMs, fits: matchesText(name, type), scope: scopeOf(values), text };
}

function runThing(run: RunView, wanted: Wanted, began: number): Thing {
  const atMs = Date.parse(run.ended ?? run.started) - began;
  const fits = run.flow === wanted.name && areAsWanted(wanted, { state: run.state });
  const why = run.reason === null ? '' : `: ${run.reason}`;
  const text = `${timeText(atMs)}  ${run.flow}  ${run.state}${cut(why)}`;
  return { name: run.flow, atMs, fits, scope: scopeOf({ run: plain(run) }), text };
}

function effectThing(effect: TestEffect, wanted: Wanted, began: number): Thing {
  const { name } = wanted;
  const tool = toolOf(effect);
  const atMs = Date.parse(effect.at) - began;
  const isNamed = effect.kind === name || tool === name;
  const fits = isNamed && areAsWanted(wanted, { step: effect.step });
  const what = `${tool ?? effect.kind} of step ${effect.step} in ${effect.flow}`;
  const text = `${timeText(atMs)}  ${what}  ${cut(JSON.stringify(effect.input))}`;
  const own = tool === name ? tool : effect.kind;
  return { name: own, atMs, fits, scope: scopeOf({ effect: { ...effect } }), text };
}

function proposalThing(proposal: ProposalView, wanted: Wanted, began: number): Thing {
  const { flow, step, state, risk, opened, decision } = proposal;
  const atMs = Date.parse(decision?.at ?? opened) - began;
  const fits = flow === wanted.name && areAsWanted(wanted, { state, step, risk });
  const by = decision === null ? '' : ` by ${decision.by}`;
  const content = cut(JSON.stringify(proposal.content));
  const text = `${timeText(atMs)}  ${flow}  ${step}  ${state}${by}, risk ${risk}  ${content}`;
  return { name: flow, atMs, fits, scope: scopeOf({ proposal: plain(proposal) }), text };
}

function incidentThing(incident: IncidentView, wanted: Wanted, began: number): Thing {
  const { subject, state, level, opened, reason } = incident;
  const atMs = Date.parse(opened) - began;
  const fits = subject === wanted.name && areAsWanted(wanted, { state, level });
  const text = `${timeText(atMs)}  ${subject}  ${state}, ${level}: ${cut(reason)}`;
  return { name: subject, atMs, fits, scope: scopeOf({ incident: plain(incident) }), text };
}

/** Its time is that of the last that became of it. */
function notificationThing(row: EntityRow, wanted: Wanted, { began, events }: Played): Thing {
  const notification = notificationOf(row);
  const { state, urgency, message } = notification;
  const { channel, to } = routeOf(notification);
  const last = events.find(({ seq }) => seq === row.version);
  const atMs = last === undefined ? 0 : Date.parse(last.received) - began;
  const fits = channel === wanted.name && areAsWanted(wanted, { state, urgency, to });
  const whom = to === '' ? channel : `${channel} to ${to}`;
  const text = `${timeText(atMs)}  ${whom}  ${state}, ${urgency}: ${cut(message)}`;
  const shown = plain({ ...notification, channel, to });
  return { name: channel, atMs, fits, scope: scopeOf({ notification: shown }), text };
}

/** Whether all is as it is written of what a thing has. */
function areAsWanted(wanted: WantedFields, has: WantedFields): boolean {
  const { state = has.state, step = has.step, risk = has.risk } = wanted;
  const { level = has.level, to = has.to, urgency = has.urgency } = wanted;
  const isSame = state === has.state && step === has.step && risk === has.risk;
  return isSame && level === has.level && to === has.to && urgency === has.urgency;
}

function plain(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

function scopeOf(values: { readonly [name: string]: Json }): Scope {
  return { get: (name) => (Object.hasOwn(values, name) ? values[name] : undefined) };
}

function cut(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
}

/** A time of the story, such as `1h2m` or `45m0.5s`. */
export function timeText(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1_000;
  const parts = [
    hours > 0 ? `${hours}h` : '',
    minutes > 0 ? `${minutes}m` : '',
    seconds > 0 ? `${seconds}s` : '',
  ];
  return parts.join('') || '0s';
}
