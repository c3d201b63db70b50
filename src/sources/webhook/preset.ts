import type { IncomingHttpHeaders } from 'node:http';
import type { Json } from '../../std/json.ts';
import type { SourceEvent } from '../source.ts';
import type { Body } from './body.ts';
import type { Delivery, ForgeEvent } from './forge-event.ts';
import { giteaEvent } from './gitea-events.ts';
import { githubEvent } from './github-events.ts';
import { gitlabEvent } from './gitlab-events.ts';
import { firstText, textAt } from './json-path.ts';
import {
  giteaScheme,
  githubScheme,
  gitlabScheme,
  headerOf,
  type Scheme,
  slackScheme,
  standardScheme,
  stripeScheme,
} from './signature.ts';

/** A request whose signature holds, and what its body says. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Body;
  /** Where it was sent to, such as `/hooks/deploy`. */
  readonly path: string;
}

/** What is known of the senders of one kind. */
export interface Preset {
  readonly scheme: Scheme;
  /** What the sender calls the delivery, the same when it sends it again; null where nothing. */
  readonly idOf: (received: Received) => string | null;
  readonly eventOf: (received: Received) => SourceEvent;
  /** What the sender wants to hear before it sends anything; undefined where it asks nothing. */
  readonly challengeOf?: (body: Json) => string | undefined;
}

const STRIPE_TYPE = /^[a-z0-9_.]{1,200}$/;
const SLACK_TYPE = /^[a-z0-9_.]{1,100}$/;

const github: Preset = {
  scheme: githubScheme,
  idOf: ({ headers }) => headerOf(headers, 'x-github-delivery') ?? null,
  eventOf: forge(githubEvent, 'x-github-event'),
};

const gitlab: Preset = {
  scheme: gitlabScheme,
  idOf: ({ headers }) =>
    headerOf(headers, 'idempotency-key') ?? headerOf(headers, 'webhook-id') ?? null,
  eventOf: forge(gitlabEvent, 'x-gitlab-event'),
};

const gitea: Preset = {
  scheme: giteaScheme,
  idOf: ({ headers }) =>
    headerOf(headers, 'x-gitea-delivery') ?? headerOf(headers, 'x-forgejo-delivery') ?? null,
  eventOf: forge(giteaEvent, 'x-gitea-event', 'x-forgejo-event'),
};

const slack: Preset = {
  scheme: slackScheme,
  idOf: ({ body }) => textAt(body.value, 'event_id'),
  challengeOf: (body) =>
    textAt(body, 'type') === 'url_verification'
      ? (textAt(body, 'challenge') ?? undefined)
      : undefined,
  eventOf({ body, path }) {
    const { value, json } = body;
    const command = textAt(value, 'command') === null ? null : 'command';
    const type = firstText(value, 'event.type', 'type') ?? command ?? 'other';
    return {
      type: `slack.${SLACK_TYPE.test(type) ? type : 'other'}`,
      subject: firstText(value, 'event.channel', 'channel.id', 'channel_id') ?? path,
      actor: firstText(value, 'event.user', 'user.id', 'user_id') ?? undefined,
      data: json,
    };
  },
};

const stripe: Preset = {
  scheme: stripeScheme,
  idOf: ({ body }) => textAt(body.value, 'id'),
  eventOf({ body, path }) {
    const type = textAt(body.value, 'type') ?? '';
    return {
      type: `stripe.${STRIPE_TYPE.test(type) ? type : 'other'}`,
      subject: textAt(body.value, 'data.object.id') ?? path,
      data: body.json,
    };
  },
};

const standard: Preset = {
  scheme: standardScheme,
  idOf: ({ headers }) => headerOf(headers, 'webhook-id') ?? null,
  eventOf: plainEvent,
};

/** The presets by their names. */
export const PRESETS = { github, gitlab, gitea, slack, stripe, 'standard-webhooks': standard };

export type PresetName = keyof typeof PRESETS;

/** The event of a sender that nothing is known of: its body as it came. */
export function plainEvent({ body, path }: Received): SourceEvent {
  const { json, type } = body;
  return { type: 'webhook.received', subject: path, datacontenttype: type, data: json };
}

/** Our shape of a forge's delivery, with the body that it sent beside it, byte for byte. */
function forge(
  read: (delivery: Delivery) => ForgeEvent,
  ...names: readonly string[]
): Preset['eventOf'] {
  return ({ headers, body, path }) => {
    const name = names.flatMap((header) => headerOf(headers, header) ?? [])[0] ?? '';
    const { type, subject, actor, data } = read({ name, body: body.value });
    const shaped = JSON.stringify(data);
    return {
      type,
      subject: subject ?? path,
      actor: actor ?? undefined,
      data: `${shaped.slice(0, -1)},"raw":${body.json}}`,
    };
  };
}
