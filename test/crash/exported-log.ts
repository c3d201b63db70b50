import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Event } from '../../src/events/event.ts';
import { start } from '../cli/signalbox.ts';

/** A record as `events export` writes it. */
export type Exported = Event;

/** Every record of a data directory that no daemon uses, oldest first, one at a time. */
export async function* exportedLog(folder: string): AsyncGenerator<Exported, void> {
  const child = start(folder, ['events', 'export']);
  const exit = once(child, 'close') as Promise<[number | null]>;
  child.stderr.resume();
  for await (const line of createInterface({ input: child.stdout })) {
    yield JSON.parse(line) as Exported;
  }
  const [code] = await exit;
  if (code !== 0) throw new Error(`events export ended with ${code}`);
}
