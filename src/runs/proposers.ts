import { parseId } from '../events/ids.ts';
import { OWNER_NAME } from '../gates/decide.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { idOf, toEvent } from '../store/record.ts';
import type { Motion } from './motion.ts';

type Reads = Pick<Store, 'identity' | 'readAt' | 'findForeign'>;

/** What the log calls whoever stands at the machine: the owner of its data directory. */
const LOCAL: ReadonlySet<string> = new Set([OWNER_NAME, 'cli', 'code']);

/**
 * Whose content would run, each by every name under which they could decide: who sent the run's
 * event, and who began the chain of causes that it stands in.
 */
export async function proposersOf({ event, run }: Motion, store: Reads): Promise<string[]> {
  const root = run.correlation === event.id ? undefined : await rootOf(run.correlation, store);
  const actors = [event.actor, root && toEvent(root, store.identity).actor];
  return [...new Set(actors.flatMap(namesOf))];
}

async function rootOf(correlation: string, store: Reads): Promise<LogRecord | undefined> {
  const seq = parseId(correlation)?.seq;
  if (seq === undefined) return store.findForeign(correlation);
  const [record] = await store.readAt([seq]);
  return record !== undefined && idOf(store.identity, seq) === correlation ? record : undefined;
}

/** An actor is a name, and behind a `#` the id of the token: see `actorOf`. */
function namesOf(actor: string | undefined): string[] {
  if (actor === undefined) return [];
  if (LOCAL.has(actor)) return [OWNER_NAME];
  const mark = actor.lastIndexOf('#');
  if (mark === -1) return [actor];
  return [actor.slice(0, mark), `token:${actor.slice(mark + 1)}`];
}
