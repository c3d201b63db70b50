import { messageOf } from '../std/errors.ts';
import { type Json, parseJson } from '../std/json.ts';
import { checkerOf } from './prompt-shape.ts';
import { shown } from './written-value.ts';

/** What a step makes of an answer, or why it can make nothing of it. */
export type Answer = { readonly output: Json } | { readonly reason: string };

/** The text as it is; with a schema, the object that it holds, checked. */
export function answerOf(
  text: string,
  schema: { readonly [key: string]: Json } | undefined,
): Answer {
  if (text.trim() === '') return { reason: 'it is empty' };
  if (schema === undefined) return { output: text };
  let value: Json;
  try {
    value = parseJson(unfenced(text));
  } catch (error) {
    return { reason: `it is no JSON: ${shown(messageOf(error))}` };
  }
  const { error } = checkerOf(schema).safeParse(value);
  if (error === undefined) return { output: value };
  const [issue] = error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.');
  return { reason: `${shown(place)} is not as "schema" says: ${shown(issue?.message ?? '')}` };
}

/**
 * Models that are not held to a form like to wrap it in Markdown. Only one line break is taken for
 * the end of the fence: of two ways to read many, the pattern would try each.
 */
function unfenced(text: string): string {
  return /^\s*```(?:json)?[^\S\n]*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1] ?? text;
}
