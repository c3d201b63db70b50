import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadConfiguration } from '../../src/config.ts';
import type { SourceKind } from '../../src/sources/source.ts';
import type { openSignalbox as OpenSignalbox, Signalbox } from '../../src/signalbox.ts';
import type { Clock } from '../../src/std/clock.ts';
import { formatFinding } from '../../src/std/diagnostics.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';
import type { LogRecord } from '../../src/store/contract.ts';

/** Its store works in a thread of its own, which only the built package can start. */
const ENGINE = new URL('../../dist/signalbox.js', import.meta.url).href;

export interface HarnessOptions {
  readonly yaml: string;
  /** Of an earlier engine: its configuration is written anew, its data stays. */
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** As `--sources`. */
  readonly sources?: readonly string[];
  /** Types of sources beside the built-in ones, or in the place of one. */
  readonly sourceKinds?: readonly SourceKind[];
}

/** A real engine on a folder with this configuration. */
export interface Harness {
  readonly box: Signalbox;
  /** The folder of the configuration; the data directory is `data` in it. */
  readonly directory: string;
  /** The records of a type, or of all that begin with what stands before a `*`, oldest first. */
  readonly records: (type: string) => Promise<LogRecord[]>;
}

/** Opens an engine; engine and folder go when the test ends. */
export async function openHarness(options: HarnessOptions): Promise<Harness> {
  const directory = options.directory ?? (await newFolder());
  const file = join(directory, 'signalbox.yaml');
  await writeFile(file, options.yaml);
  const loaded = await loadConfiguration({ file, env: options.env ?? {}, shapes: builtInShapes });
  const { configuration, findings } = loaded;
  if (configuration === undefined) throw new Error(findings.map(formatFinding).join('\n'));
  const { openSignalbox } = (await import(ENGINE)) as { openSignalbox: typeof OpenSignalbox };
  const { clock, sources, sourceKinds } = options;
  const box = await openSignalbox({
    configuration,
    dataDirectory: join(directory, 'data'),
    mode: 'run',
    apply: true,
    logger: silentLogger,
    sources,
    ...(clock === undefined ? {} : { clock }),
    ...(sourceKinds === undefined ? {} : { sourceKinds }),
  });
  onTestFinished(() => box.stop());
  return { box, directory, records: (type) => allRecords(box, type) };
}

async function newFolder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-sources-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function allRecords(box: Signalbox, type: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (let after = 0; ;) {
    const page = await box.store.read({ after, limit: 1_000, type });
    records.push(...page);
    const last = page.at(-1);
    if (last === undefined) return records;
    after = last.seq;
  }
}
