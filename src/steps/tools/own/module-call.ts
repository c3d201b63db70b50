import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { OwnTool } from '../../../flows/tool.ts';
import type { StepResult } from '../../../runs/step-kind.ts';
import { type Json, parseJson } from '../../../std/json.ts';
import { type FinishedCommand, resultOf } from '../../command-result.ts';
import { runCommand } from '../../run.ts';
import { inputInvalid, withInput } from '../../written-value.ts';
import type { ModuleCall } from './envelope.ts';
import { findModule } from './find-module.ts';
import type { Ended, OwnCall } from './call.ts';
import { modeOf } from './mode.ts';

/** What a module may hold, in MiB, before its process ends. */
const HEAP_MB = 512;

const json = z.custom<Json>((value) => value !== undefined);
const answerSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    output: json,
    emits: z.array(z.object({ type: z.string(), data: json, subject: z.string().exactOptional() })),
  }),
  z.object({
    kind: z.literal('failed'),
    message: z.string(),
    code: z.string(),
    final: z.boolean(),
    afterMs: z.number().optional(),
  }),
]);

/** Calls a tool's module in a process of its own. */
export async function callModule(tool: OwnTool, input: Json, call: OwnCall): Promise<Ended> {
  const { context } = call;
  const find = (): string => moduleFile(tool, context.directory);
  const result = await withInput(context, find, (file) => runModule(tool, { file, input }, call));
  return { result, events: result.kind === 'done' ? (result.emits ?? []) : [] };
}

function runModule(
  tool: OwnTool,
  { file, input }: { readonly file: string; readonly input: Json },
  { context, options }: OwnCall,
): Promise<StepResult> {
  const { directory, event, flow, step, run, attempt, key } = context;
  const module = pathToFileURL(file).href;
  const about = { event: { ...event }, flow, step, run, attempt, key };
  const argv = [process.execPath, `--max-old-space-size=${HEAP_MB}`, fileURLToPath(options.entry)];
  return runCommand(
    ({ outputFile: answer }) => {
      const call: ModuleCall = { module, input, about, answer };
      return { argv, directory, environment: modeOf(event, options), stdin: JSON.stringify(call) };
    },
    context,
    options,
    (ended) => settled(ended, tool),
  );
}

/** @throws SignalboxError `step.input_invalid` where there is no such file. */
export function moduleFile(tool: OwnTool, directory: string): string {
  const found = findModule(tool, directory);
  if (found !== undefined) return found;
  throw inputInvalid(`The tool ${tool.name} has no module: there is no file ${tool.module}.`);
}

function settled(ended: FinishedCommand, { name }: OwnTool): StepResult {
  const { end, written } = ended;
  if (end.kind !== 'exited' || written.kind === 'too_large') {
    return resultOf(ended, { name: `The tool ${name}`, ...COMMAND });
  }
  const answer = written.kind === 'bytes' ? readAnswer(written.bytes) : undefined;
  if (answer === undefined) {
    const message = `The tool ${name} ended its process with code ${end.code} and gave no answer.`;
    const detail = String(end.stderr.bytes);
    const error = { code: 'tool.crashed', message, happened: 'maybe' } as const;
    return { kind: 'retry', error: { ...error, ...(detail !== '' && { detail }) } };
  }
  if (answer.kind === 'done') {
    const { output, emits } = answer;
    return { kind: 'done', output, emits };
  }
  const { code, final, afterMs } = answer;
  const message = `The tool ${name} failed: ${answer.message}`;
  const error = { code, message, happened: 'maybe' } as const;
  if (final) return { kind: 'fail', error };
  return { kind: 'retry', error, ...(afterMs !== undefined && { afterMs }) };
}

/** What `resultOf` asks of a command beside its name. */
const COMMAND = {
  argv: [],
  directory: '',
  environment: {},
  stdin: undefined,
  meanings: new Map(),
} as const;

function readAnswer(bytes: Buffer): z.infer<typeof answerSchema> | undefined {
  try {
    return answerSchema.parse(parseJson(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}
