import { z } from 'zod';
import type { StepContext } from '../runs/step-kind.ts';
import type { Json } from '../std/json.ts';
import { filled, inputInvalid, textOf } from './written-value.ts';

const rendered = z.object({
  prompt: filled,
  model: z.string().optional(),
  system: filled.optional(),
  schema: z.record(z.string(), filled).optional(),
  max_tokens: z.number().optional(),
  temperature: z.number().optional(),
  budget: z.object({ tokens: z.number().optional(), money: z.number().optional() }).optional(),
  tools: z.array(z.string()).optional(),
  said: z.array(filled).optional(),
  last: z.boolean().optional(),
});

/** What a `prompt` step asks, its templates filled in. */
export interface PromptInput {
  readonly prompt: string;
  /** As the step names it. */
  readonly model: string | undefined;
  readonly system: string | undefined;
  readonly schema: { readonly [key: string]: Json } | undefined;
  readonly tokensMax: number | undefined;
  readonly temperature: number | undefined;
  readonly budget: Budget;
  /** The tools that it may call, by name; undefined for a step that asks once, without any. */
  readonly tools: readonly string[] | undefined;
  /** What the step's rounds before this one have said. */
  readonly said: readonly Json[];
  /** Whether it is asked for the last time: then it calls nothing. */
  readonly isLast: boolean;
}

/** What all attempts at a step may cost together. */
export interface Budget {
  readonly tokens?: number | undefined;
  readonly money?: number | undefined;
}

/** @throws SignalboxError `step.input_invalid` where there is nothing to be asked. */
export function readPromptInput({ input }: Pick<StepContext, 'input'>): PromptInput {
  const { prompt, model, system, schema, max_tokens, temperature, budget, ...rounds } =
    rendered.parse(input);
  const asked = textOf(prompt);
  if (asked.trim() === '') throw inputInvalid('The prompt is empty, so no model is asked.');
  return {
    prompt: asked,
    model,
    system: system === undefined ? undefined : textOf(system),
    schema,
    tokensMax: max_tokens,
    temperature,
    budget: budget ?? {},
    tools: rounds.tools,
    said: rounds.said ?? [],
    isLast: rounds.last === true,
  };
}
