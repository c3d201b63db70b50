import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { loadConfiguration } from '../../src/config.ts';
import type { StepKind } from '../../src/runs/step-kind.ts';
import type { openSignalbox as OpenSignalbox, Signalbox } from '../../src/signalbox.ts';
import { formatFinding } from '../../src/std/diagnostics.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';

/** Its store works in a thread of its own, which only the built package can start. */
const ENGINE = new URL('../../dist/signalbox.js', import.meta.url).href;

/** Gives its text back, or fails for good where the text says so. */
const echo: StepKind = {
  shape: {
    kind: 'echo',
    keys: [],
    schema: z.object({ echo: z.string() }),
    effect: 'idempotent',
    timeoutMs: 5_000,
  },
  async execute({ input }) {
    const { echo: text } = input as { readonly echo: string };
    if (text !== 'fail') return { kind: 'done', output: text };
    const error = { code: 'echo.failed', message: 'It was told to fail.', happened: 'no' } as const;
    return { kind: 'fail', error };
  },
};

/** A flow as it is written in a configuration, by its name. */
export interface WrittenFlow {
  readonly name: string;
  readonly on: object;
  readonly steps: readonly object[];
}

/** A flow that answers `event` with a step for each text: `s1`, `s2` and so on. */
export function flowOf(name: string, event: string, texts: string[], where?: string): WrittenFlow {
  const steps = texts.map((text, index) => ({ id: `s${index + 1}`, echo: text }));
  return { name, on: { event, where }, steps };
}

/** Takes what is to be done when all is over, the last first. */
export type After = (cleanup: () => Promise<void>) => void;

/** A real engine on a data directory of its own; both go when the test ends. */
export async function openEngine(
  flows: readonly WrittenFlow[],
  after: After = onTestFinished,
  settings: object = {},
): Promise<Signalbox> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-server-'));
  after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'signalbox.yaml');
  const written = flows.map(({ name, ...flow }) => [name, flow]);
  await writeFile(
    file,
    JSON.stringify({ ...settings, flows: Object.fromEntries(written) as object }),
  );
  const shapes = [...builtInShapes, echo.shape];
  const { configuration, findings } = await loadConfiguration({ file, env: {}, shapes });
  if (configuration === undefined) throw new Error(findings.map(formatFinding).join('\n'));
  const { openSignalbox } = (await import(ENGINE)) as { openSignalbox: typeof OpenSignalbox };
  const box = await openSignalbox({
    configuration,
    dataDirectory: directory,
    mode: 'run',
    apply: true,
    logger: silentLogger,
    kinds: [echo],
  });
  after(() => box.stop());
  return box;
}
