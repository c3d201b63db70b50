import { parseId } from '../events/ids.ts';
import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import type { Client } from './client.ts';

/** What a command looks for by an id. */
type Sought = 'run' | 'event' | 'dead letter';

const SOUGHT = {
  run: { code: 'run.unknown', list: 'List the latest with: signalbox runs' },
  event: { code: 'event.unknown', list: 'List the latest with: signalbox events' },
  'dead letter': { code: 'letter.unknown', list: 'List them with: signalbox dlq' },
} as const;

/** What is said of an id that nothing of the kind has, whatever else has it. */
export function unknownId(sought: Sought, id: string): SignalboxError {
  const { code, list } = SOUGHT[sought];
  return new SignalboxError(code, `There is no ${sought} "${escapeText(id)}". ${list}`);
}

/** The same, or what the id does name where that is of another kind: they look alike. */
export async function mistakenId(
  client: Client,
  sought: Sought,
  id: string,
): Promise<SignalboxError> {
  const found = await findOther(client, id);
  if (found === undefined) return unknownId(sought, id);
  const message = `${found.what} and no ${sought}. Look at it with: signalbox ${found.see}`;
  return new SignalboxError(SOUGHT[sought].code, message);
}

/** A mistake of the command line where a daemon refuses the id; anything else is thrown again. */
export async function explainRefusal(
  error: unknown,
  client: Client,
  { sought, id }: { readonly sought: Sought; readonly id: string },
): Promise<never> {
  const isUnknown = error instanceof SignalboxError && error.code === SOUGHT[sought].code;
  throw isUnknown ? await mistakenId(client, sought, id) : error;
}

/** A run's first record is an event too, and so is what makes a dead letter: these come first. */
async function findOther(
  client: Client,
  id: string,
): Promise<{ readonly what: string; readonly see: string } | undefined> {
  const run = await client.run(id);
  if (run !== undefined) {
    return { what: `${run.id} is a run of flow ${escapeText(run.flow)}`, see: `runs show ${id}` };
  }
  const letter = parseId(id) === undefined ? undefined : await client.letters.find(id);
  if (letter !== undefined) {
    return { what: `${letter.id} is a dead letter`, see: `dlq show ${id}` };
  }
  const event = await client.event(id);
  if (event === undefined) return undefined;
  const what = `${escapeText(event.id)} is an event, ${escapeText(event.type)},`;
  return { what, see: `events show ${escapeText(id)}` };
}
