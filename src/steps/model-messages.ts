import type * as AiSdk from 'ai';
import type { JSONSchema7, JSONValue, ModelMessage, ToolSet } from 'ai';
import { isObject, type Json } from '../std/json.ts';
import type { ModelCall, ModelTool, Said } from './prompt-tools.ts';
import { textOf } from './written-value.ts';

/** What is asked, and what was said since, as the SDK wants it. */
export function messagesOf({
  prompt,
  said,
  tools,
}: {
  readonly prompt: string;
  readonly said: readonly Said[];
  readonly tools: readonly ModelTool[];
}): ModelMessage[] {
  const aliases = new Map(tools.map(({ name, alias }) => [name, alias]));
  return [
    { role: 'user', content: prompt },
    ...said.flatMap((round) => messagesOfRound(round, aliases)),
  ];
}

/** The tools of a model; undefined where it has none. None of them does anything. */
export function toolSetOf(
  tools: readonly ModelTool[],
  sdk: Pick<typeof AiSdk, 'jsonSchema'>,
): ToolSet | undefined {
  if (tools.length === 0) return undefined;
  const entries = tools.map(({ alias, summary, input }) => {
    const inputSchema = sdk.jsonSchema(input as JSONSchema7);
    return [alias, { description: summary, inputSchema }] as const;
  });
  return Object.fromEntries(entries);
}

function messagesOfRound(
  { text, calls, results }: Said,
  aliases: ReadonlyMap<string, string>,
): ModelMessage[] {
  if (calls.length === 0) return text === '' ? [] : [{ role: 'assistant', content: text }];
  const toolName = ({ name }: ModelCall): string => aliases.get(name) ?? name;
  const wanted = calls.map((call) => ({
    type: 'tool-call' as const,
    toolCallId: call.id,
    toolName: toolName(call),
    input: call.input,
    ...(isObject(call.meta) && { providerOptions: call.meta as never }),
  }));
  const told = calls.map((call, index) => ({
    type: 'tool-result' as const,
    toolCallId: call.id,
    toolName: toolName(call),
    output: resultOf(results[index]),
  }));
  const words = text === '' ? [] : [{ type: 'text' as const, text }];
  return [
    { role: 'assistant', content: [...words, ...wanted] },
    { role: 'tool', content: told },
  ];
}

function resultOf(
  result: Json | undefined,
): { type: 'error-text'; value: string } | { type: 'json'; value: JSONValue } {
  const { output = null, error } = isObject(result) ? result : {};
  if (!isObject(error)) return { type: 'json', value: output as JSONValue };
  const { message = '', code = '' } = error;
  return { type: 'error-text', value: `${textOf(message)} [${textOf(code)}]` };
}
