import { basename } from 'node:path';
import { render, type TemplateTree } from '../../../flows/template.ts';
import type { OwnTool } from '../../../flows/tool.ts';
import type { StepContext, StepResult } from '../../../runs/step-kind.ts';
import type { Json } from '../../../std/json.ts';
import { type FinishedCommand, resultOf } from '../../command-result.ts';
import { runCommand } from '../../run.ts';
import type { RunInput } from '../../run-input.ts';
import { hasNul, inputInvalid, shown, textOf, withInput } from '../../written-value.ts';
import { lastObject } from './command-print.ts';
import { toolScope } from './conditions.ts';
import { MODE } from './module-call.ts';
import type { OwnCall } from './call.ts';

/** Runs a tool's command: its input is also JSON on standard input. */
export function callCommand(tool: OwnTool, input: Json, call: OwnCall): Promise<StepResult> {
  const { context, options } = call;
  return withInput(
    context,
    () => commandOf(tool, input, context),
    (command) =>
      runCommand(
        () => command,
        context,
        options,
        (ended) => settled(ended, command, tool),
      ),
  );
}

/** The command of a tool as it would be started with an input. */
export function commandOf(
  tool: OwnTool,
  input: Json,
  { directory, event }: Pick<StepContext, 'directory' | 'event'>,
): RunInput {
  const scope = toolScope({ event, input });
  const argv = (tool.run ?? []).flatMap((word) => argumentsOf(word, render(word, scope)));
  return {
    argv,
    name: `The tool ${tool.name} ("${shown(basename(argv[0] ?? ''))}")`,
    directory,
    environment: MODE,
    stdin: JSON.stringify(input),
    meanings: new Map(),
  };
}

/** A list that is a whole argument becomes several. */
function argumentsOf(written: TemplateTree, value: Json): string[] {
  const values = Array.isArray(value) && typeof written === 'object' ? value : [value];
  return values.map((each: Json) => {
    const text = textOf(each);
    if (!hasNul(text)) return text;
    throw inputInvalid('An argument holds a NUL character, which no process can be given.');
  });
}

/** Of what it printed, the last JSON object is its result, and the rest its log. */
function settled(ended: FinishedCommand, command: RunInput, tool: OwnTool): StepResult {
  const result = resultOf(ended, command);
  if (result.kind !== 'done' || ended.written.kind !== 'none' || ended.end.kind !== 'exited') {
    return result;
  }
  const object = lastObject(ended.end.stdout.bytes.toString('utf8'));
  if (object !== undefined) return { kind: 'done', output: object };
  if (tool.output === undefined) return result;
  const message = `The tool ${tool.name} printed no JSON object, and its "output" wants a result.`;
  return { kind: 'fail', error: { code: 'tool.output_invalid', message, happened: 'maybe' } };
}
