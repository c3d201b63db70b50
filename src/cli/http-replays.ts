import { SignalboxError } from '../std/errors.ts';
import type { EventName } from '../views/replay-preview.ts';
import type { ReplaysClient } from './client.ts';
import { type HttpAnswer, problemOf } from './http-answer.ts';
import { resultOf } from './http-emission.ts';
import type { Query } from './http-client.ts';

/** How a daemon's API is asked about replays. */
export interface ReplayAsking {
  readonly get: <T>(path: string, query: Query) => Promise<T>;
  /** The answer as it is, whatever it says. */
  readonly post: (path: string, query: Query) => Promise<HttpAnswer>;
}

/** The replays of a daemon. */
export function httpReplays({ get, post }: ReplayAsking): ReplaysClient {
  return {
    preview: (event, flow) => get(pathOf(event), queryOf(event, flow)),
    recorded: (event, flow) => {
      return get(pathOf(event), { ...queryOf(event, flow), recorded_effects: true });
    },
    async replay(event, flow) {
      const answer = await post(pathOf(event), queryOf(event, flow));
      const { code, detail } = problemOf(answer);
      if (code === 'replay.unwanted') return { kind: 'unwanted', reason: detail };
      // What may not be replayed at all is no conflict of ids.
      return answer.status === 409 ? notReplayed(answer) : resultOf({}, answer);
    },
  };
}

function notReplayed(answer: HttpAnswer): never {
  const { code, detail } = problemOf(answer);
  throw new SignalboxError(code, detail, { details: { status: answer.status } });
}

function pathOf(event: EventName): string {
  const id = 'id' in event ? event.id : String(event.seq);
  return `/events/${encodeURIComponent(id)}/replay`;
}

function queryOf(event: EventName, flow: string | undefined): Query {
  return { flow, by_seq: 'seq' in event ? true : undefined };
}
