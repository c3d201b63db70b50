import type { SourceShape } from '../../flows/source-shape.ts';
import { hasReference } from '../../flows/variables.ts';
import { isObject, type Json } from '../../std/json.ts';

/** A source as code registers it: the keys that a file would hold. */
export interface SourceDocument {
  readonly type: string;
  readonly [key: string]: Json;
}

/**
 * The secrets of sources that code has registered, each under the name of a variable: what is
 * registered stands in the log, and a secret never does.
 */
export class SecretVariables {
  readonly #shapes: readonly SourceShape[];
  readonly #values = new Map<string, string>();

  constructor(shapes: readonly SourceShape[]) {
    this.#shapes = shapes;
  }

  /** What the variables stand for. */
  get values(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#values);
  }

  /** The source with references in place of its secrets. One that is a reference already stays. */
  hide(source: SourceDocument, place: number): SourceDocument {
    const secretKeys = this.#shapes.find(({ type }) => type === source.type)?.secretKeys ?? [];
    const hidden = secretKeys
      .filter((key) => source[key] !== undefined)
      .map((key) => [key, this.#hidden(source[key] ?? null, `CODE_${place}_${key}`)] as const);
    return { ...source, ...Object.fromEntries(hidden) };
  }

  /** A secret is a value of its own, the `value` of a mapping, or one of a list of these. */
  #hidden(value: Json, name: string): Json {
    if (Array.isArray(value)) {
      return value.map((each: Json, index) => this.#hidden(each, `${name}_${index + 1}`));
    }
    if (isObject(value) && value['value'] !== undefined) {
      return { ...value, value: this.#hidden(value['value'], name) };
    }
    if (typeof value !== 'string' || hasReference(value)) return value;
    const variable = name.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
    this.#values.set(variable, value);
    return `\${${variable}}`;
  }
}
