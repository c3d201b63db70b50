import { basename } from 'node:path';
import type { OwnTool } from '../../../flows/tool.ts';
import type { StepContext, StepResult } from '../../../runs/step-kind.ts';
import type { Json } from '../../../std/json.ts';
import { type FinishedCommand, resultOf } from '../../command-result.ts';
import { runCommand } from '../../run.ts';
import type { RunInput } from '../../run-input.ts';
import { shown, withInput } from '../../written-value.ts';
import { lastObject, type PrintedObject } from './command-print.ts';
import { toolScope } from './conditions.ts';
import { argvOf } from './argv.ts';
import type { Ended, OwnCall, OwnToolOptions } from './call.ts';
import { type LoggedEvents, loggedEvents } from './logged-events.ts';
import { modeOf } from './mode.ts';

/** Runs a tool's command: its input is also JSON on standard input. */
export async function callCommand(tool: OwnTool, input: Json, call: OwnCall): Promise<Ended> {
  const { context, options } = call;
  let events: LoggedEvents = { events: [] };
  const result = await withInput(
    context,
    () => commandOf(tool, input, { ...placeOf(call), mode: call.options.mode }),
    (command) =>
      runCommand(
        () => command,
        context,
        options,
        (ended) => {
          if (ended.logged !== undefined) events = loggedEvents(ended.logged);
          return settled(ended, command, { tool, onLog: options.onLog });
        },
      ),
  );
  return { result, ...events };
}

/** Where a command is started, and for what. */
interface CommandPlace
  extends Pick<StepContext, 'directory' | 'event'>, Pick<OwnToolOptions, 'mode'> {}

function placeOf({ context: { directory, event } }: OwnCall): Omit<CommandPlace, 'mode'> {
  return { directory, event };
}

/** The command of a tool as it would be started with an input. */
export function commandOf(
  tool: OwnTool,
  input: Json,
  { directory, event, mode }: CommandPlace,
): RunInput {
  const argv = argvOf(tool.run ?? [], toolScope({ event, input }));
  return {
    argv,
    name: `The tool ${tool.name} ("${shown(basename(argv[0] ?? ''))}")`,
    directory,
    environment: modeOf(event, { mode }),
    stdin: JSON.stringify(input),
    keepsEnd: true,
    isHeard: true,
    meanings: new Map(),
  };
}

/** Of what it printed, the last JSON object is its result, and the rest its log. */
function settled(
  ended: FinishedCommand,
  command: RunInput,
  { tool, onLog }: Pick<OwnToolOptions, 'onLog'> & { readonly tool: OwnTool },
): StepResult {
  const printed = printedOf(ended);
  if (printed === 'no text') {
    const message = `The tool ${tool.name} printed JSON that is no UTF-8; print it as UTF-8.`;
    return { kind: 'fail', error: { code: 'tool.output_invalid', message, happened: 'maybe' } };
  }
  if (printed !== undefined) {
    onLog?.(printed.log);
    return { kind: 'done', output: printed.value };
  }
  const result = resultOf(ended, command);
  if (result.kind !== 'done' || ended.written.kind !== 'none') return result;
  if (tool.output === undefined) return result;
  const message = `The tool ${tool.name} printed no JSON object, and its "output" wants a result.`;
  return { kind: 'fail', error: { code: 'tool.output_invalid', message, happened: 'maybe' } };
}

/** The object; what stands around it may be anything, also what is no text. */
function printedOf({ end, written }: FinishedCommand): PrintedObject | 'no text' | undefined {
  if (end.kind !== 'exited' || end.code !== 0 || written.kind !== 'none') return undefined;
  const { bytes } = end.stdout;
  const printed = lastObject(bytes.toString('utf8'));
  if (printed === undefined || !printed.text.includes('\ufffd')) return printed;
  // That character may have been printed, or stand for bytes that are none.
  return bytes.includes(printed.text) ? printed : 'no text';
}
