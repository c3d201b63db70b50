/** What is wrong with a text, said before anybody knows where it stands in which file. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** What came of compiling a text: the thing, or everything that is wrong with the text. */
export type Compiled<T> =
  | { readonly kind: 'compiled'; readonly value: T }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };
