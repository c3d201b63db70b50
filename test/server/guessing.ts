import { randomText, seededRandom } from '../../src/std/random.ts';
import { type Api, send } from './api.ts';

/** What came of many guesses. */
export interface Guesses {
  readonly statuses: ReadonlyMap<number, number>;
  /** Records that the log has more. */
  readonly recorded: number;
}

const AT_ONCE = 16;

/** Guesses tokens, sessions and links, some with the right beginning, as fast as it can. */
export async function guess(api: Api, count: number): Promise<Guesses> {
  const { box, server } = api;
  const before = box.store.head();
  const statuses = new Map<number, number>();
  const random = seededRandom(9);
  let left = count;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left--;
      const { status } = await send(server.url, ...questionOf(api, random()));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { statuses, recorded: box.store.head() - before };
}

function questionOf({ server }: Api, kind: number): [string, { headers?: Record<string, string> }] {
  const text = randomText(52);
  const { port } = new URL(server.url);
  if (kind < 0.1) return [`/login?ticket=sbl_${text}`, {}];
  const cookie = `signalbox_${port}=sbs_${text}`;
  if (kind < 0.2) return ['/api/v1/status', { headers: { cookie } }];
  return ['/api/v1/status', { headers: { authorization: `Bearer sbt_${text}` } }];
}
