import { basename } from 'node:path';
import type { Event } from '../../../events/event.ts';
import type { Scope } from '../../../flows/scope.ts';
import type { CommandCheck, OwnTool, ToolCheck } from '../../../flows/tool.ts';
import type { StepError, StepResult } from '../../../runs/step-kind.ts';
import { messageOf } from '../../../std/errors.ts';
import type { Json } from '../../../std/json.ts';
import { resultOf } from '../../command-result.ts';
import { runCommand } from '../../run.ts';
import { shown } from '../../written-value.ts';
import { argvOf } from './argv.ts';
import type { OwnCall } from './call.ts';
import { modeOf } from './mode.ts';

/** What a tool was called about, and with what. */
export interface Called {
  readonly event: Event;
  readonly input: Json;
}

/** The names that the texts of a tool's file may use. */
export function toolScope({ event, input }: Called, output?: Json): Scope {
  const names: { readonly [name: string]: (() => Json | undefined) | undefined } = {
    event: () => ({ ...event }),
    payload: () => event.data,
    input: () => input,
    output: () => output,
  };
  return { get: (name) => (Object.hasOwn(names, name) ? names[name]?.() : undefined) };
}

/** The failure of a call before which something does not hold; nothing has happened then. */
export async function beforeCall(
  tool: OwnTool,
  input: Json,
  call: OwnCall,
): Promise<StepResult | undefined> {
  const called = { event: call.context.event, input };
  const broken = await firstBroken(tool.pre, { scope: toolScope(called), given: { input }, call });
  const does = (what: string): string =>
    `The tool ${tool.name} was not called: its "pre" does not hold: ${what}.`;
  return brokenResult(broken, { code: 'tool.pre_failed', does, happened: 'no' });
}

/** The failure of a call after which something does not hold. */
export async function afterCall(
  tool: OwnTool,
  { input, output }: { readonly input: Json; readonly output: Json },
  call: OwnCall,
): Promise<StepResult | undefined> {
  const scope = toolScope({ event: call.context.event, input }, output);
  const broken = await firstBroken(tool.post, { scope, given: { input, output }, call });
  const does = (what: string): string =>
    `The tool ${tool.name} has not done it: its "post" does not hold: ${what}.`;
  return brokenResult(broken, { code: 'tool.post_failed', does, happened: 'maybe' });
}

/** What does not hold, and why where there is more to say; or a check that came to no end. */
type Broken = { readonly what: string; readonly detail?: string } | { readonly over: StepResult };

interface Checking {
  readonly scope: Scope;
  /** What a command gets as JSON on its standard input. */
  readonly given: Json;
  readonly call: OwnCall;
}

interface Failing extends Pick<StepError, 'code' | 'happened'> {
  readonly does: (what: string) => string;
}

function brokenResult(
  broken: Broken | undefined,
  { does, ...error }: Failing,
): StepResult | undefined {
  if (broken === undefined) return undefined;
  if ('over' in broken) return broken.over;
  const { what, detail } = broken;
  const said = detail === undefined ? {} : { detail };
  return { kind: 'fail', error: { ...error, message: does(what), ...said } };
}

async function firstBroken(
  checks: readonly ToolCheck[],
  checking: Checking,
): Promise<Broken | undefined> {
  for (const check of checks) {
    try {
      const broken =
        'command' in check ? await commandBroken(check, checking) : !check.test(checking.scope);
      if (broken === true) return { what: check.text };
      if (broken !== false) return broken;
    } catch (error) {
      return { what: messageOf(error).replace(/\.$/, '') };
    }
  }
  return undefined;
}

async function commandBroken(
  { command, text }: CommandCheck,
  { scope, given, call: { context, options } }: Checking,
): Promise<Broken | false> {
  const argv = argvOf(command, scope);
  const name = `"${shown(basename(argv[0] ?? ''))}"`;
  const environment = modeOf(context.event, options);
  const { directory } = context;
  const input = { argv, name, directory, environment, stdin: JSON.stringify(given) };
  const result = await runCommand(
    () => input,
    context,
    options,
    (ended) => resultOf(ended, { ...input, meanings: new Map() }),
  );
  if (result.kind === 'done') return false;
  if (!('error' in result) || context.signal.aborted) return { over: result };
  const { message, detail } = result.error;
  const what = `${shown(text)} (${message.replace(/\.$/, '')})`;
  return { what, ...(detail !== undefined && { detail }) };
}
