import type { ParseContext } from './context.ts';
import { keyPlaceAt, placeAt, valueOf, type YamlMapping, type YamlNode } from './yaml-node.ts';

/** Where a step stands, as far as that decides whether it can be undone. */
export interface SagaPlace {
  readonly id: string;
  /** Whether it answers the failure of its run. */
  readonly failed: boolean;
  /** Whether it is in a branch of a `parallel` or an `each`. */
  readonly branched: boolean;
  /** Whether a condition decides if it is done. */
  readonly conditional: boolean;
}

/** Keeps to what `compensate` and `pivot` can mean where they stand, in the order of the file. */
export class SagaRules {
  readonly #context: ParseContext;
  /** The first pivot that a run cannot but pass, by the id of its step. */
  #pivot: string | undefined;

  constructor(context: ParseContext) {
    this.#context = context;
  }

  /** Reports what has no place at this step. */
  check(node: YamlNode, place: SagaPlace): void {
    if (node.kind !== 'mapping') return;
    const undone = node.entries.has('compensate');
    const behind = this.#pivot;
    if (undone && place.failed) this.#refuse(node, 'compensate', IN_FAILURE);
    else if (undone && behind !== undefined) {
      const reason = `it comes behind "${behind}", the pivot, and so is never undone`;
      this.#refuse(node, 'compensate', `${reason}; remove it, or the pivot`);
    }
    const pivot = valueOf(node, 'pivot');
    if (pivot?.kind !== 'scalar' || pivot.value !== true) return;
    if (place.failed) this.#refuse(node, 'pivot', IN_FAILURE);
    else if (place.branched) this.#refuse(node, 'pivot', IN_BRANCH);
    else if (behind !== undefined) {
      const message = `"${behind}" is the pivot already; a flow has one, or one in each choice`;
      const at = placeAt(node, ['pivot']);
      this.#context.report({ at, code: 'config.invalid', message });
    } else if (!place.conditional) this.#pivot = place.id;
  }

  #refuse(node: YamlMapping, key: string, reason: string): void {
    const message = `"${key}" has no place here: ${reason}`;
    this.#context.report({ at: keyPlaceAt(node, [key]), code: 'config.invalid', message });
  }
}

const IN_FAILURE = 'what "on_failure" does is not undone';
const IN_BRANCH = 'the pivot is a step of the run itself, not of one of its branches';
