import { z } from 'zod';
import { scanTemplate } from '../flows/template-scanner.ts';
import type { StepContext, StepResult } from '../runs/step-kind.ts';
import { messageOf, SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import type { Json } from '../std/json.ts';

const SHOWN_LENGTH_MAX = 80;

/** A value, as written, that becomes one text: a text or template, a number or a boolean. */
export const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** Any value, once templates are filled in. */
export const filled = z.custom<Json>(() => true);

/** Whether a text stands for itself: nothing is filled in when the step runs. */
export function isFixed(text: string): boolean {
  return scanTemplate(text).every((part) => part.kind === 'text');
}

/** Whether a text holds the character that ends texts for the system. */
export function hasNul(text: string): boolean {
  return text.includes('\0');
}

/** A value as one text: texts as they are, everything else as JSON. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A text from anywhere as messages show it: cut, and harmless to a terminal. */
export function shown(text: string): string {
  return beginningOf(escapeText(text), SHOWN_LENGTH_MAX);
}

/** The beginning of a text, and where it was cut: by that mark, half a secret is known for one. */
export function beginningOf(text: string, lengthMax: number): string {
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
}

/** The error of an input that is not what the kind takes, once its templates are filled in. */
export function inputInvalid(message: string): SignalboxError {
  return new SignalboxError('step.input_invalid', message);
}

/**
 * Hands what `read` makes of the step's input to `act`. An input that `read` refuses fails the step
 * before anything is called.
 */
export async function withInput<T>(
  context: StepContext,
  read: (context: StepContext) => T,
  act: (input: T) => StepResult | Promise<StepResult>,
): Promise<StepResult> {
  let input: T;
  try {
    input = read(context);
  } catch (error) {
    const code = error instanceof SignalboxError ? error.code : 'step.input_invalid';
    return { kind: 'fail', error: { code, message: messageOf(error), happened: 'no' } };
  }
  return act(input);
}
