import type { Scope } from '../../../flows/scope.ts';
import { render, type TemplateTree } from '../../../flows/template.ts';
import type { Json } from '../../../std/json.ts';
import { hasNul, inputInvalid, textOf } from '../../written-value.ts';

/**
 * The words of a command: each one argument, whatever it holds, but that a list which is a whole
 * word becomes several.
 *
 * @throws SignalboxError `step.input_invalid` for what no process can be given.
 */
export function argvOf(words: readonly TemplateTree[], scope: Scope): string[] {
  return words.flatMap((word) => argumentsOf(word, render(word, scope)));
}

function argumentsOf(written: TemplateTree, value: Json): string[] {
  const values = Array.isArray(value) && typeof written === 'object' ? value : [value];
  return values.map((each: Json) => {
    const text = textOf(each);
    if (!hasNul(text)) return text;
    throw inputInvalid('An argument holds a NUL character, which no process can be given.');
  });
}
