import { hash } from 'node:crypto';
import type { DedupeKey, LogRecord, Store, Write } from '../store/contract.ts';

/** What an event is that answers another one. */
export interface Answer {
  /** The seq of the event that is answered. */
  readonly cause: number;
  readonly type: string;
  /** The correlation of the chain that both belong to. */
  readonly instance: string;
}

/** How long the parts of a key are, in characters of base64. */
const KEY_LENGTH = 22;

/**
 * The key under which an answer is remembered. Whoever gives the same cause the same type in the
 * same instance, a rule of a choreography or a tool's `next_events`, makes one event: what the
 * second one would say in it does not matter.
 */
export function answerKey({ cause, type, instance }: Answer): DedupeKey {
  const text = JSON.stringify(['answer', cause, type, instance]);
  const key = hash('sha256', text, 'base64').slice(0, KEY_LENGTH);
  return { key, digest: key };
}

/**
 * The writes without those answers that the log has already, given the `seq` at which the store
 * found one of them; undefined where that is none of these.
 */
export async function withoutAnswered<W extends Write>(
  store: Pick<Store, 'readAt'>,
  writes: readonly W[],
  seq: number,
): Promise<readonly W[] | undefined> {
  const [found] = await store.readAt([seq]);
  const rest = writes.filter((write) => found === undefined || !isAnsweredBy(write, found));
  return rest.length < writes.length ? rest : undefined;
}

function isAnsweredBy(write: Write, { type, causation }: LogRecord): boolean {
  if (write.kind !== 'event' || write.dedupe === undefined) return false;
  return write.record.type === type && write.record.causation === causation;
}
