import { SignalboxError } from '../std/errors.ts';
import type { UncertainEffect } from '../views/uncertain.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument } from './output.ts';
import { collect } from './pages.ts';
import { parseSince } from './since.ts';
import { type Column, renderTable } from './table.ts';

/** The flags of `effects`. */
export interface EffectsFlags extends Globals {
  readonly uncertain?: boolean | undefined;
  readonly since?: string | undefined;
  readonly limit?: number | undefined;
}

const COUNT = 100;

/**
 * Lists the steps that may have happened twice, or of which nobody knows whether they happened.
 *
 * @throws SignalboxError `usage.invalid` without `--uncertain`.
 */
export async function effects(this: CliContext, flags: EffectsFlags): Promise<void> {
  if (flags.uncertain !== true) {
    const message = 'Say which effects: signalbox effects --uncertain';
    throw new SignalboxError('usage.invalid', message);
  }
  const from = flags.since === undefined ? 0 : parseSince(flags.since, this.clock.now());
  const since = Math.max(0, from);
  const items = await using(await connect(this, flags), (client) =>
    collect(flags.limit ?? COUNT, (limit, before: number | undefined) =>
      client.uncertainEffects({ limit, since, before }),
    ),
  );
  if (wantsJson(this, flags)) return printDocument(this.terminal, { items });
  if (items.length === 0) return this.terminal.note('No effect is uncertain.\n');
  await this.terminal.print(renderTable(items, COLUMNS, this.terminal));
}

const COLUMNS: readonly Column<UncertainEffect>[] = [
  { head: 'WHEN', cell: ({ time }) => formatTime(time) },
  { head: 'FLOW', cell: ({ flow }) => flow, shrinks: true },
  { head: 'KEY', cell: ({ key }) => key },
  { head: 'EFFECT', cell: ({ effect }) => effect ?? '' },
  { head: 'ATTEMPTS', cell: ({ attempts }) => String(attempts), align: 'right' },
  { head: 'DOUBT', cell: ({ doubt }) => doubt, tone: doubtTone },
  { head: 'WHY', cell: ({ reason }) => reason },
];

function doubtTone({ doubt }: UncertainEffect): 'bad' | 'busy' {
  return doubt === 'unknown' ? 'bad' : 'busy';
}
