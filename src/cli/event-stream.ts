import type { Event } from '../events/event.ts';
import { documentOf } from './http-answer.ts';
import type { HttpTransport } from './http-transport.ts';
import { readLines } from './lines.ts';

const DATA = 'data:';

/**
 * The events of a stream of server-sent events, until the daemon ends it or the iteration is left.
 *
 * @throws SignalboxError as the transport does, and what the daemon refuses with.
 */
export async function* followStream(transport: HttpTransport, path: string): AsyncGenerator<Event> {
  const leaving = new AbortController();
  const answer = await transport.open({ method: 'GET', path, signal: leaving.signal });
  try {
    if (answer.status !== 200) documentOf(await answer.read());
    for await (const { text } of readLines(answer.body)) {
      if (text.startsWith(DATA)) yield JSON.parse(text.slice(DATA.length)) as Event;
    }
  } finally {
    leaving.abort();
  }
}
