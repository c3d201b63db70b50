import { z } from 'zod';
import type { JsonSchema } from '../flows/contract.ts';
import { isObject, type Json } from '../std/json.ts';
import type { Usage } from '../runs/usage.ts';
import { builtInTools } from './tools/built-in.ts';
import type { FindTool } from './tools/own/call.ts';
import { isNotFound } from './tools/registry.ts';

/** A tool as a model is told of it. */
export interface ModelTool {
  /** As steps name it, such as `filesystem.read`. */
  readonly name: string;
  /** As the model does: providers take no dots. */
  readonly alias: string;
  readonly summary: string;
  /** JSON Schema of what it takes. */
  readonly input: JsonSchema;
}

/** A call that a model wants. */
export interface ModelCall {
  /** As the provider calls it. */
  readonly id: string;
  readonly name: string;
  readonly input: Json;
  /** What the provider wants to see again beside it. */
  readonly meta?: Json;
}

/** What a model said in one round of a step, and what came of its calls. */
export interface Said {
  readonly text: string;
  readonly calls: readonly ModelCall[];
  readonly results: readonly Json[];
}

/** Calls that one answer may hold. */
export const CALLS_MAX = 32;

/** What a round leaves to those behind it. */
export interface Round {
  readonly text: string;
  readonly calls: readonly ModelCall[];
  /** Where it calls nothing: the step's own result. */
  readonly answer?: Json;
  /** What this round and those before it were paid for. */
  readonly spent?: Usage;
}

/**
 * The tools of these names, those of the catalog before the built-in ones. A name that nothing
 * bears any more is left out: nobody can call it.
 */
export async function toolsNamed(
  names: readonly string[],
  catalog: string | undefined,
  find: FindTool,
): Promise<readonly ModelTool[]> {
  const tools = await Promise.all(names.map((name) => toolNamed(name, catalog, find)));
  const known = tools.filter((tool) => tool !== undefined);
  const taken = new Set<string>();
  return known.map((tool, index) => {
    const plain = tool.name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, ALIAS_LENGTH_MAX);
    const alias = taken.has(plain) ? `${plain}_${index}` : plain;
    taken.add(alias);
    return { ...tool, alias };
  });
}

/** Providers take 64 characters; a number may stand behind. */
const ALIAS_LENGTH_MAX = 60;

async function toolNamed(
  name: string,
  catalog: string | undefined,
  find: FindTool,
): Promise<Omit<ModelTool, 'alias'> | undefined> {
  const dot = name.lastIndexOf('.');
  const tool = name.slice(0, dot);
  const own = catalog === undefined ? undefined : await find(catalog, tool);
  if (own !== undefined) return { name, summary: own.summary, input: own.input };
  const found = builtInTools.find(tool, name.slice(dot + 1));
  if (isNotFound(found)) return undefined;
  const { summary, input } = found.action;
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  return { name, summary: `${found.tool.summary} ${summary}`, input: schema as JsonSchema };
}

/** What the rounds before have said, as their steps left it. */
export function readSaid(rounds: readonly Json[]): readonly Said[] {
  return rounds.filter(isObject).map(({ text, calls, results }) => ({
    text: typeof text === 'string' ? text : '',
    calls: Array.isArray(calls) ? (calls as unknown as readonly ModelCall[]) : [],
    results: Array.isArray(results) ? (results as readonly Json[]) : [],
  }));
}

/** What the last of them and those before it were paid for. */
export function spentIn(rounds: readonly Json[]): Usage | undefined {
  const last = rounds.at(-1);
  return isObject(last) && isObject(last['spent'])
    ? (last['spent'] as unknown as Usage)
    : undefined;
}
