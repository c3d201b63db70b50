import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StepContext, StepResult } from '../../../src/runs/step-kind.ts';
import { SystemClock } from '../../../src/std/clock.ts';
import { silentLogger } from '../../../src/std/logger.ts';
import type { Json } from '../../../src/std/json.ts';
import { BuiltInSteps } from '../../../src/steps/kinds.ts';
import { toolShape } from '../../../src/steps/tools/built-in.ts';
import { contextOf } from '../../fixtures/step-context.ts';

/** A project that is removed when the test is over, and what is around it. */
export interface ToolProject {
  /** The folder of the configuration. */
  readonly root: string;
  /** What no tool may reach: the project lies in it. */
  readonly around: string;
  /** Uses a tool as a step does whose templates are filled in. */
  readonly use: (step: Json, given?: Partial<StepContext>) => Promise<StepResult>;
}

/** Makes a project that holds these files; a path that begins with `../` is a file around it. */
export function openProject(files: { readonly [path: string]: string } = {}): ToolProject {
  const around = mkdtempSync(join(tmpdir(), 'tools-'));
  onTestFinished(() => rmSync(around, { recursive: true, force: true }));
  const root = join(around, 'project');
  mkdirSync(join(root, '.signalbox'), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const steps = new BuiltInSteps({
    owner: randomBytes(8).toString('hex'),
    httpAllow: [],
    models: {},
    dataDirectory: join(root, '.signalbox'),
    clock: new SystemClock(),
    logger: silentLogger,
  });
  onTestFinished(() => steps.stop());
  const kind = steps.kinds.find(({ shape }) => shape === toolShape);
  const use: ToolProject['use'] = async (step, given) => {
    const input = toolShape.schema.parse(step) as Json;
    if (kind === undefined) throw new Error('there is no kind "tool"');
    return kind.execute(contextOf(input, { directory: root, ...given }));
  };
  return { root, around, use };
}

/** The code and the message of a result that is a failure; what it gave where it is none. */
export function failureOf(result: StepResult): string {
  return 'error' in result ? `${result.error.code}: ${result.error.message}` : result.kind;
}
