import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadConfiguration } from '../../../src/config.ts';
import type { openSignalbox as OpenSignalbox, Signalbox } from '../../../src/signalbox.ts';
import { formatFinding } from '../../../src/std/diagnostics.ts';
import { silentLogger } from '../../../src/std/logger.ts';
import type { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import { builtInShapes } from '../../../src/steps/kinds.ts';
import type { RunRow } from '../../../src/store/contract.ts';
import { until } from '../../fixtures/until.ts';

/** Its store works in a thread of its own, which only the built package can start. */
const ENGINE = new URL('../../../dist/signalbox.js', import.meta.url).href;

/** An event of a schedule as a test looks at it. */
export interface Told {
  readonly id: string | null;
  readonly source: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An engine, and what is counted of its log as it is told. */
export interface Opened {
  readonly box: Signalbox;
  /** Resolves when it so many events of a type are in its log. */
  readonly untilTold: (type: string, count: number) => Promise<void>;
}

/** A place where one schedule after another engine lives: its folder outlasts them. */
export interface Station {
  /** Opens an engine on the same log, with this text as the configuration. */
  open(text: string, clock: SimulatedClock): Promise<Opened>;
}

/** A folder for engines with real stores; all go when the test ends. */
export async function makeStation(): Promise<Station> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-schedule-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'signalbox.yaml');
  return {
    async open(text, clock) {
      await writeFile(file, text);
      const { configuration, findings } = await loadConfiguration({
        file,
        env: {},
        shapes: builtInShapes,
      });
      if (configuration === undefined) throw new Error(findings.map(formatFinding).join('\n'));
      const { openSignalbox } = (await import(ENGINE)) as { openSignalbox: typeof OpenSignalbox };
      const box = await openSignalbox({
        configuration,
        dataDirectory: join(directory, 'data'),
        mode: 'run',
        apply: true,
        logger: silentLogger,
        clock,
      });
      onTestFinished(() => box.stop());
      return { box, untilTold: await counterOf(box, clock) };
    },
  };
}

/** Counts what is in the log already as told too. */
async function counterOf(box: Signalbox, clock: SimulatedClock): Promise<Opened['untilTold']> {
  const counts = new Map<string, number>();
  const count = ({ type }: { readonly type: string }): void => {
    counts.set(type, (counts.get(type) ?? 0) + 1);
  };
  const head = box.store.head();
  box.store.onCommitted((records) => records.filter(({ seq }) => seq > head).forEach(count));
  for (const record of await box.store.read({ after: 0, limit: 10_000, until: head }))
    count(record);
  return (type, wanted) =>
    until(() => {
      // A timer that was set after the clock had gone on is due now.
      clock.advance(0);
      return (counts.get(type) ?? 0) >= wanted;
    });
}

/** The events of a type in the log, in its order. */
export async function eventsOf(box: Signalbox, type: string): Promise<Told[]> {
  const records = await box.store.read({ after: 0, limit: 10_000, type });
  return records.map((record) => {
    const data: unknown = JSON.parse(record.data);
    return {
      id: record.id,
      source: record.source,
      data: data as Told['data'],
    };
  });
}

/** The nominal times that fired, in the log's order. */
export async function firedTimes(box: Signalbox): Promise<number[]> {
  const fired = await eventsOf(box, 'schedule.fired');
  return fired.map(({ data }) => Date.parse(String(data['scheduled_time'])));
}

/** The runs of a flow, the newest first. */
export function runsOf(box: Signalbox, flow: string): Promise<RunRow[]> {
  return box.store.runs({ flow, limit: 1_000 });
}
