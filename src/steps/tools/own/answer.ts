import { z } from 'zod';
import { TYPE_LENGTH_MAX } from '../../../events/event.ts';
import type { OwnTool } from '../../../flows/tool.ts';
import type { Emission, StepError, StepResult } from '../../../runs/step-kind.ts';
import { isObject, type Json } from '../../../std/json.ts';
import { contractProblem } from './contract-problem.ts';
import { contractsOf } from './shapes.ts';

/** Events that one call may have follow. */
const NEXT_MAX = 100;
/** What `status` says where the tool itself says that it failed. */
const FAILED: ReadonlySet<Json> = new Set(['error', 'failed', 'failure']);
/** What a tool may say beside what its contract is about. */
const SAID = ['status', 'next_events'] as const;

const type = z.string().min(1).max(TYPE_LENGTH_MAX);
const nextSchema = z
  .array(
    z.union([
      type.transform((name) => ({ type: name })),
      z.strictObject({
        type,
        subject: z.string().exactOptional(),
        data: z.custom<Json>((value) => value !== undefined).exactOptional(),
      }),
    ]),
  )
  .max(NEXT_MAX);

/** What a call that ended well gave, and the types of the events that it emitted itself. */
export interface Answer {
  readonly output: Json;
  readonly emitted: readonly string[];
}

/**
 * The events that are to come next, where what a call gave is what the tool's contract says; else
 * the failure of the call.
 */
export function nextEvents(
  tool: OwnTool,
  { output, emitted }: Answer,
): StepResult | readonly Emission[] {
  if (isObject(output) && FAILED.has(output['status'] ?? null)) {
    const { message: said = output['error'] } = output;
    const why = typeof said === 'string' ? `: ${said}` : '.';
    const message = `The tool ${tool.name} says that it failed${why}`;
    return failed({ code: 'tool.failed', message });
  }
  const next = nextOf(output);
  if (next === undefined) {
    const form = `"next_events" is a list of at most ${NEXT_MAX} types, or of { type, data }`;
    const message = `The tool ${tool.name} gave what it must not: ${form}.`;
    return failed({ code: 'tool.output_invalid', message });
  }
  return outputProblem(tool, output) ?? emitsProblem(tool, emitted, next) ?? next;
}

/** What is to come next carries what the tool gave, unless it says something else. */
function nextOf(output: Json): Emission[] | undefined {
  if (!isObject(output) || !Object.hasOwn(output, 'next_events')) return [];
  const next = nextSchema.safeParse(output['next_events']);
  const { status: _, next_events: __, ...data } = output;
  return next.data?.map((event) => ({ data, ...event }));
}

function outputProblem(tool: OwnTool, output: Json): StepResult | undefined {
  const contract = contractsOf(tool).output;
  if (contract === undefined) return undefined;
  const value = bare(tool, output);
  const issue = contract.safeParse(value, { reportInput: true }).error?.issues[0];
  if (issue === undefined) return undefined;
  const gave = `The tool ${tool.name} gave what it must not`;
  const both = { schema: tool.output ?? {}, value, holder: 'it gave' };
  const message = contractProblem(gave, issue, both);
  return failed({ code: 'tool.output_invalid', message });
}

/** The output without what is said beside it, as far as the contract says nothing of that. */
function bare(tool: OwnTool, output: Json): Json {
  if (!isObject(output)) return output;
  const declared = tool.output?.['properties'] ?? {};
  const isSaid = (key: string): boolean =>
    SAID.some((said) => said === key) && !Object.hasOwn(Object(declared) as object, key);
  return Object.fromEntries(Object.entries(output).filter(([key]) => !isSaid(key)));
}

function emitsProblem(
  tool: OwnTool,
  emitted: readonly string[],
  next: readonly Emission[],
): StepResult | undefined {
  const declared = tool.emits;
  const [first] = emitted;
  if (declared === undefined) {
    const isStrange = tool.module !== undefined && first !== undefined;
    return isStrange ? strange(tool, first, 'none') : undefined;
  }
  const listed = declared.join(', ');
  const other = emitted.find((each) => !declared.includes(each));
  if (other !== undefined) return strange(tool, other, listed);
  const isTold = [...emitted, ...next.map((event) => event.type)].some((each) =>
    declared.includes(each),
  );
  if (isTold) return undefined;
  const message = `The tool ${tool.name} emitted nothing; "emits" of its file lists ${listed}.`;
  return failed({ code: 'tool.emits_invalid', message });
}

function strange({ name }: OwnTool, emitted: string, listed: string): StepResult {
  const message = `The tool ${name} emitted "${emitted}"; "emits" of its file lists ${listed}.`;
  return failed({ code: 'tool.emits_invalid', message });
}

function failed(error: Pick<StepError, 'code' | 'message'>): StepResult {
  return { kind: 'fail', error: { ...error, happened: 'maybe' } };
}
