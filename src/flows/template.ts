import type { Json } from '../std/json.ts';
import type { Scope } from './scope.ts';

/** A text in which `{payload.version}` and `${{ CEL }}` stand for values. */
export interface Template {
  readonly kind: 'template';
  readonly text: string;
  /**
   * The text filled in. A template that is the whole text keeps its value's type.
   * @throws SignalboxError `template.undefined` naming the field that the scope lacks.
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

/** The tree with every template filled in. Returns the tree itself where it holds none. */
export declare function render(tree: TemplateTree, scope: Scope): Json;
