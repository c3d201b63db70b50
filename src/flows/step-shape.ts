import type { ZodType } from 'zod';
import type { Effect } from './flow.ts';
import type { Problem } from './problem.ts';
import type { TemplateTree } from './template.ts';

/**
 * How a step of one kind is written. Each kind exports its shape beside its code; the parser, the
 * check and the JSON Schema for editors are all made of it.
 */
export interface StepShape {
  /** The key that makes a mapping a step of this kind, such as `run`. */
  readonly kind: string;
  /** The further keys that belong to the kind, such as `cwd`. */
  readonly keys: readonly string[];
  /**
   * Checks the mapping of the kind's own keys as it is written, templates not yet filled in.
   * Its output is what the step keeps: short forms are made long here.
   */
  readonly schema: ZodType<{ readonly [key: string]: unknown }>;
  readonly effect: Effect;
  /** The effect of a step with this input, where it is another one than `effect`. */
  readonly effectOf?: (input: TemplateTree) => Effect | undefined;
  readonly timeoutMs: number;
  /** The timeout of a step with this input, where it is another one than `timeoutMs`. */
  readonly timeoutOf?: (input: TemplateTree) => number | undefined;
  /** Keys, as dotted paths, within which `{secrets.NAME}` may stand; none is given any else. */
  readonly secretPlaces?: readonly string[];
  /**
   * Why what is written is one that a later version brings, as the value of the kind's own key;
   * undefined for all others. Of such a step nothing else is said.
   */
  readonly laterForm?: (value: string) => string | undefined;
  /** Keys, as dotted paths, whose texts are taken literally: no template is looked for. */
  readonly literal?: (input: { readonly [key: string]: unknown }) => readonly string[];
  /**
   * Names under which later steps find the result of one that names no `output`, as `summary` for a
   * `prompt`. What it is given has not been checked.
   */
  readonly usualNames?: (written: { readonly [key: string]: unknown }) => readonly string[];
  /** Of the kind that uses tools: what a name stands for where a model is given some. */
  readonly usable?: (name: string) => readonly UsableAction[] | Problem;
}

/** Something that a tool can do, as a model may be given it. */
export interface UsableAction {
  readonly tool: string;
  readonly action: string;
}
