import type { Condition } from '../flows/condition.ts';
import type { Scope } from '../flows/scope.ts';
import { mapTemplates, type TemplateTree } from '../flows/template.ts';
import { messageOf } from '../std/errors.ts';
import type { Json } from '../std/json.ts';

/** A value as far as it is known before anything has run. */
export interface KnownValue {
  /** What is known, with the text of each template that is not. */
  readonly value: Json;
  /** These texts: what they stand for depends on what comes before. */
  readonly open: readonly string[];
  /** Why it can never be filled in with what is known; null where it can. */
  readonly error: string | null;
}

/** What a condition says: null where that depends on what comes before. */
export interface KnownCondition {
  readonly text: string;
  readonly value: boolean | null;
  readonly error: string | null;
}

/** Notices whether a name was asked for that has no value yet. */
class Asked implements Scope {
  readonly #known: Scope;
  readonly #isKnown: (name: string) => boolean;
  /** Whether any such name was asked for. */
  any = false;

  constructor(known: Scope, isKnown: (name: string) => boolean) {
    this.#known = known;
    this.#isKnown = isKnown;
  }

  get(name: string): Json | undefined {
    if (this.#isKnown(name)) return this.#known.get(name);
    this.any = true;
    return undefined;
  }
}

/** What can be said before anything has run: some names have their values, and others none yet. */
export class Foresight {
  readonly #known: Scope;
  readonly #isKnown: (name: string) => boolean;

  constructor(known: Scope, isKnown: (name: string) => boolean) {
    this.#known = known;
    this.#isKnown = isKnown;
  }

  /** The same with one more name that has a value. */
  with(name: string, value: Json): Foresight {
    const scope: Scope = { get: (asked) => (asked === name ? value : this.#known.get(asked)) };
    return new Foresight(scope, (asked) => asked === name || this.#isKnown(asked));
  }

  /** A tree filled in. Never throws. */
  fill(tree: TemplateTree): KnownValue {
    const open: string[] = [];
    let error: string | null = null;
    const value = mapTemplates(tree, (template) => {
      const asked = new Asked(this.#known, this.#isKnown);
      try {
        return template.render(asked);
      } catch (cause) {
        if (asked.any) open.push(template.text);
        else error ??= messageOf(cause);
        return template.text;
      }
    });
    return { value, open, error };
  }

  /** What a condition says. Never throws. */
  test(condition: Condition): KnownCondition {
    const { text } = condition;
    const asked = new Asked(this.#known, this.#isKnown);
    try {
      return { text, value: condition.test(asked), error: null };
    } catch (cause) {
      return { text, value: null, error: asked.any ? null : messageOf(cause) };
    }
  }
}
