import type { Event } from '../../../events/event.ts';
import type { Condition } from '../../../flows/condition.ts';
import type { Scope } from '../../../flows/scope.ts';
import type { OwnTool } from '../../../flows/tool.ts';
import type { StepResult } from '../../../runs/step-kind.ts';
import { messageOf } from '../../../std/errors.ts';
import type { Json } from '../../../std/json.ts';

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
export function beforeCall(tool: OwnTool, called: Called): StepResult | undefined {
  const broken = firstBroken(tool.pre, toolScope(called));
  if (broken === undefined) return undefined;
  const message = `The tool ${tool.name} was not called: its "pre" does not hold: ${broken}.`;
  return { kind: 'fail', error: { code: 'tool.pre_failed', message, happened: 'no' } };
}

/** The failure of a call after which something does not hold. */
export function afterCall(
  tool: OwnTool,
  called: Called,
  { output }: { readonly output: Json },
): StepResult | undefined {
  const broken = firstBroken(tool.post, toolScope(called, output));
  if (broken === undefined) return undefined;
  const message = `The tool ${tool.name} has not done it: its "post" does not hold: ${broken}.`;
  return { kind: 'fail', error: { code: 'tool.post_failed', message, happened: 'maybe' } };
}

function firstBroken(conditions: readonly Condition[], scope: Scope): string | undefined {
  for (const condition of conditions) {
    try {
      if (!condition.test(scope)) return condition.text;
    } catch (error) {
      return messageOf(error).replace(/\.$/, '');
    }
  }
  return undefined;
}
