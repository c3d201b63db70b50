import { parseFiles } from '../../../src/flows/parse.ts';
import type { StepContext, StepResult } from '../../../src/runs/step-kind.ts';
import { ownToolStep } from '../../../src/steps/tools/own/step.ts';
import { toolShape } from '../../../src/steps/tools/built-in.ts';
import { AttemptFolders } from '../../../src/steps/attempt-folders.ts';
import { SystemClock } from '../../../src/std/clock.ts';
import { SystemProcesses } from '../../../src/std/process.ts';
import type { Json } from '../../../src/std/json.ts';
import { contextOf } from '../../fixtures/step-context.ts';
import { openProject } from './using-tools.ts';
import { expect } from 'vitest';

/** A process runs what is built: it knows no TypeScript. */
const ENTRY = new URL('../../../dist/steps/tools/own/worker.js', import.meta.url);
const variables = () => ({ kind: 'unset', message: 'unset' }) as const;

/** Uses a tool as a step of a run does. */
export function opened(files: { readonly [path: string]: string }) {
  const { root } = openProject(files);
  const texts = Object.entries(files).filter(([path]) => path.endsWith('.yaml'));
  const settings = { keys: [], read: () => undefined };
  const { tools, findings } = parseFiles(
    [{ path: 'signalbox.yaml', text: '' }, ...texts.map(([path, text]) => ({ path, text }))],
    { shapes: [], variables, settings },
  );
  expect(findings).toEqual([]);
  const builtIn = {
    shape: toolShape,
    execute: async (): Promise<StepResult> => ({ kind: 'done', output: 'built in' }),
  };
  const kind = ownToolStep(builtIn, {
    processes: new SystemProcesses({ owner: 'owntools', clock: new SystemClock() }),
    folders: new AttemptFolders({ owner: 'owntools', parent: root }),
    environment: process.env,
    find: async (catalog, name) => (catalog === 'c1' ? tools.get(name) : undefined),
    entry: ENTRY,
  });
  const use = (
    tool: string,
    given: Json,
    { answers, ...more }: Partial<StepContext> & { readonly answers?: true } = {},
  ): Promise<StepResult> => {
    const input = { tool, action: 'run', with: given, ...(answers && { answers }) };
    return kind.execute(contextOf(input, { directory: root, catalog: 'c1', ...more }));
  };
  return { root, use, tools };
}
