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
 * event, or one of those that its window gathered, and who began the chains of causes that these
 * stand in.
 */
export async function proposersOf(motion: Motion, store: Reads): Promise<string[]> {
  const { event, run } = motion;
  const members = membersOf(motion).map((member) => toEvent(member, store.identity));
  const chains = new Set([run.correlation, ...members.map(({ correlationid }) => correlationid)]);
  for (const { id } of [event, ...members]) chains.delete(id);
  const roots = await Promise.all(Array.from(chains, (chain) => rootOf(chain, store)));
  const actors = [event, ...members].map(({ actor }) => actor);
  const began = roots.map((root) => root && toEvent(root, store.identity).actor);
  return [...new Set([...actors, ...began].flatMap(namesOf))];
}

/** The events that the run's window gathered; a branch's are its run's. */
function membersOf({ origin: { members = [], branchOf } }: Motion): readonly LogRecord[] {
  return branchOf === undefined ? members : membersOf(branchOf.fork.parent);
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
