import { type People, personOf } from '../identity/people.ts';
import { suggestion } from '../std/diagnostics.ts';
import type { Route } from './notification.ts';

/** Whom a name may mean. */
export interface Recipients {
  /** The channels that there are. */
  readonly channels: ReadonlySet<string>;
  readonly people: People;
}

/** Ways that one notification may have. */
const ROUTES_MAX = 32;

/**
 * The ways that names lead to, in order and each once: a channel, or a person, who is told in turn
 * over each of their channels that there is. A channel's name goes before a person's.
 */
export function routesOf(
  names: readonly string[],
  to: string,
  recipients: Recipients,
): readonly Route[] | { readonly problem: string } {
  const routes: Route[] = [];
  for (const name of names) {
    const found = routesOfName(name, to, recipients);
    if ('problem' in found) return found;
    for (const route of found) {
      if (!routes.some((other) => isSame(route, other))) routes.push(route);
    }
  }
  if (routes.length === 0) return { problem: 'nobody is named' };
  return routes.slice(0, ROUTES_MAX);
}

function routesOfName(
  name: string,
  to: string,
  { channels, people }: Recipients,
): readonly Route[] | { readonly problem: string } {
  if (channels.has(name)) return [{ channel: name, to }];
  const person = personOf(people, name);
  if (person === undefined) return { problem: unknownRecipient(name, { channels, people }) };
  if (person.channels.length === 0) return { problem: `"${name}" has no "channels"` };
  const present = person.channels.filter((channel) => channels.has(channel));
  const [absent] = person.channels;
  if (present.length === 0)
    return { problem: `"${name}" is told over "${absent}", which is no channel` };
  return present.map((channel) => ({ channel, to: name }));
}

/** That a name is no channel and no person's. */
export function unknownRecipient(name: string, { channels, people }: Recipients): string {
  const near = suggestion(name, [...channels, ...Object.keys(people)]);
  return `no channel and no person is called "${name}"${near}`;
}

function isSame(a: Route, b: Route): boolean {
  return a.channel === b.channel && a.to === b.to;
}
