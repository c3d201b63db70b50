import { type Clock, delay } from '../std/clock.ts';
import type { Client } from './client.ts';
import { connectToDaemon, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';
import { type Overview, overviewLines } from './overview.ts';
import { Picture } from './picture.ts';
import { paint } from './table.ts';

/** The flags of `top`. */
export interface TopFlags extends Globals {
  readonly once?: boolean | undefined;
}

/** How often the overview is drawn again, in milliseconds. */
const DRAW_MS = 1_000;
/** How many runs, and how many events, are shown. */
const LATEST = 8;
/** Among how many records these events are looked for. */
const LOOKED_AT = 80;
/** What runs record of themselves: the runs are shown above. */
const OF_RUNS = /^(?:run|branch|step)\./;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Shows how the running daemon does: drawn again each second where a person watches, once with
 * `--once` or into a pipe. Without a daemon it throws `daemon.absent`, also where one stops.
 */
export async function top(this: CliContext, flags: TopFlags): Promise<void> {
  const client = await connectToDaemon(this, flags);
  await using(client, async () => {
    const first = await look(client, this.clock);
    if (wantsJson(this, flags)) {
      const { url = null, at: _, ...rest } = first;
      return printDocument(this.terminal, { url, ...rest });
    }
    const isLive = this.terminal.watched && this.env['TERM'] !== 'dumb' && flags.once !== true;
    if (isLive) return redraw(this, client, first);
    const lines = overviewLines(first, undefined);
    const texts = lines.map(({ text, tone }) => paint(text, tone, this.terminal));
    await this.terminal.print(`${texts.join('\n')}\n`);
  });
}

async function redraw(context: CliContext, client: Client, first: Overview): Promise<void> {
  const { clock, terminal } = context;
  const leaving = new AbortController();
  for (const signal of SIGNALS) process.once(signal, () => leaving.abort());
  const picture = new Picture(terminal);
  let [before, now]: [Overview | undefined, Overview] = [undefined, first];
  while (!leaving.signal.aborted && terminal.open) {
    const end = { text: 'Ctrl-C ends this', tone: 'dim' } as const;
    await picture.draw([...overviewLines(now, before), end]);
    await delay(clock, DRAW_MS, leaving.signal);
    if (leaving.signal.aborted) return;
    before = now;
    now = await look(client, clock);
  }
}

async function look(client: Client, clock: Clock): Promise<Overview> {
  const at = clock.monotonic();
  const [status, stats, runs, events] = await Promise.all([
    client.status(),
    client.stats(),
    client.runs({ limit: LATEST }),
    client.events({ newest: true, limit: LOOKED_AT }),
  ]);
  return {
    url: client.url,
    at,
    status,
    stats,
    runs: runs.items,
    events: events.items.filter(({ type }) => !OF_RUNS.test(type)).slice(0, LATEST),
  };
}
