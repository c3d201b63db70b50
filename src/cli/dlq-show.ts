import { parseId } from '../events/ids.ts';
import type { LetterDetail } from '../views/letter-view.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { describePairs, formatTime, indent, printDocument, toJsonLines } from './output.ts';
import { mistakenId } from './unknown-id.ts';

/** How many lines of the event's data are shown; --json has them all. */
const LINES_MAX = 20;

/** Shows one dead letter: what failed, why, the event's data, and how it was closed. */
export async function showLetter(this: CliContext, flags: Globals, id: string): Promise<void> {
  const letter = await using(await connect(this, flags), async (client) => {
    const found = parseId(id) === undefined ? undefined : await client.letters.find(id);
    return found ?? Promise.reject(await mistakenId(client, 'dead letter', id));
  });
  if (wantsJson(this, flags)) return printDocument(this.terminal, letter);
  await this.terminal.print(`${describe(letter).join('\n')}\n`);
}

function describe(letter: LetterDetail): string[] {
  const { id, kind, state, at, event, flow, run, step, attempts, error, closing, data } = letter;
  const lines = toJsonLines(data);
  const rest = lines.length - LINES_MAX;
  const more = rest > 0 ? [`… ${rest} lines more; --json shows all`] : [];
  return [
    ...describePairs([
      ['letter', id],
      ['kind', kind],
      ['state', state],
      ['closed', closing && closingText(closing)],
      ['reason', closing?.reason],
      ['when', formatTime(at)],
      ['event', event],
      ['flow', flow],
      ['run', run],
      ['step', step],
      ['attempts', attempts === 0 ? null : String(attempts)],
      ['error', `${error.message} [${error.code}]`],
    ]),
    '',
    'data',
    ...indent([...lines.slice(0, LINES_MAX), ...more]),
  ];
}

function closingText({ at, by }: NonNullable<LetterDetail['closing']>): string {
  return by === null ? formatTime(at) : `${formatTime(at)} by ${by}`;
}
