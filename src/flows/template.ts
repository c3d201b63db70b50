import type { Json } from '../std/json.ts';
import type { Scope } from './scope.ts';

/** A text in which `{payload.version}` and `${{ CEL }}` stand for values. */
export interface Template {
  readonly kind: 'template';
  /** The text as it was written: the secrets that it stands for are not in it. */
  readonly text: string;
  /**
   * The text filled in. A template that is the whole text keeps its value's type.
   *
   * @throws SignalboxError `template.undefined` naming the field that the scope lacks,
   *   `expression.failed`, `template.too_large`, or `config.unset` for a variable that is not set.
   */
  render(scope: Scope): Json;
}

/** A value as written, in which texts with templates are compiled. */
export type TemplateTree =
  | Template
  | null
  | boolean
  | number
  | string
  | readonly TemplateTree[]
  | { readonly [key: string]: TemplateTree };

/**
 * The tree with every template filled in. Returns the tree itself where it holds none.
 *
 * @throws SignalboxError as the first of its templates that has no value.
 */
export function render(tree: TemplateTree, scope: Scope): Json {
  return isPlain(tree) ? tree : mapTemplates(tree, (template) => template.render(scope));
}

/** The tree with a value in place of every template. */
export function mapTemplates(tree: TemplateTree, valueOf: (template: Template) => Json): Json {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (isTemplate(tree)) return valueOf(tree);
  if (isList(tree)) return tree.map((item) => mapTemplates(item, valueOf));
  const entries = Object.entries(tree);
  return Object.fromEntries(entries.map(([key, value]) => [key, mapTemplates(value, valueOf)]));
}

function isPlain(tree: TemplateTree): tree is Json {
  if (typeof tree !== 'object' || tree === null) return true;
  if (isTemplate(tree)) return false;
  return isList(tree) ? tree.every(isPlain) : Object.values(tree).every(isPlain);
}

/** No value that was written holds a function, so what does is a template. */
function isTemplate(tree: object): tree is Template {
  return 'render' in tree && typeof tree.render === 'function';
}

function isList(tree: object): tree is readonly TemplateTree[] {
  return Array.isArray(tree);
}
