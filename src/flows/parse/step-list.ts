import type { Step } from '../flow.ts';
import { type EarlierStep, namesAfter } from '../names.ts';
import { readChoice } from './choice.ts';
import type { ParseContext } from './context.ts';
import { isChoice } from './kind.ts';
import { earlierStep, stepId } from './step-options.ts';
import { parseStep } from './step.ts';
import type { YamlMapping, YamlNode } from './yaml-node.ts';

/** How many steps a flow may have, choices and the steps inside them included. */
export const STEPS_MAX = 1_000;
/** How deep choices may stand within one another. */
export const CHOICE_DEPTH_MAX = 16;

/** Reads the steps of a flow, those inside its choices too. Reports all that is wrong with them. */
export function parseSteps(nodes: readonly YamlNode[], context: ParseContext): readonly Step[] {
  return new StepTree(context).read(nodes, { earlier: [], depth: 0 }).steps;
}

/** What a list of steps came to. */
interface StepList {
  /** Those with nothing wrong. */
  readonly steps: readonly Step[];
  /** What steps after the list may name: what all of its steps leave, inside its choices too. */
  readonly leaves: readonly EarlierStep[];
}

interface TreePlace {
  readonly earlier: readonly EarlierStep[];
  /** How many choices are around. */
  readonly depth: number;
}

const NOTHING: StepList = { steps: [], leaves: [] };

/** The walk through the steps of one flow, in the order of the file. */
class StepTree {
  readonly #context: ParseContext;
  /** The numbers of the steps, by the id that they took. */
  readonly #numbers = new Map<string, number>();
  #count = 0;

  constructor(context: ParseContext) {
    this.#context = context;
  }

  read(nodes: readonly YamlNode[], { earlier, depth }: TreePlace): StepList {
    const steps: Step[] = [];
    const leaves: EarlierStep[] = [];
    for (const node of nodes) {
      const read = this.#readNode(node, { earlier: [...earlier, ...leaves], depth });
      steps.push(...read.steps);
      leaves.push(...read.leaves);
    }
    return { steps, leaves };
  }

  #readNode(node: YamlNode, place: TreePlace): StepList {
    const number = ++this.#count;
    if (number > STEPS_MAX) return this.#refuseNumber(number, node.at);
    const id = stepId(node, number);
    this.#take(id, number, node.at);
    if (isChoice(node, this.#context)) return this.#readChoice(node, id, place);
    const step = parseStep(node, { id, names: namesAfter(place.earlier) }, this.#context);
    return { steps: step === undefined ? [] : [step], leaves: [earlierStep(node, id)] };
  }

  #readChoice(node: YamlMapping, id: string, { earlier, depth }: TreePlace): StepList {
    if (depth === CHOICE_DEPTH_MAX) return this.#refuseDepth(node.at);
    const { head, branches } = readChoice(node, namesAfter(earlier), this.#context);
    const inner = { earlier, depth: depth + 1 };
    const lists = new Map(branches.map(({ name, steps }) => [name, this.read(steps, inner)]));
    const leaves = [...lists.values()].flatMap((list) => list.leaves);
    const then = lists.get('then')?.steps ?? [];
    const otherwise = lists.get('else')?.steps ?? [];
    if (head === undefined || then.length + otherwise.length === 0) return { steps: [], leaves };
    const choice = { condition: head.condition, then, else: otherwise };
    return { steps: [{ id, name: head.name, kind: 'if', choice }], leaves };
  }

  #take(id: string, number: number, at: number): void {
    const first = this.#numbers.get(id);
    if (first === undefined) this.#numbers.set(id, number);
    else {
      const message = `the id "${id}" is taken by step ${first}; choose another`;
      this.#context.report({ at, code: 'config.duplicate', message });
    }
  }

  #refuseNumber(number: number, at: number): StepList {
    if (number === STEPS_MAX + 1) {
      const reason = `a flow has at most ${STEPS_MAX} steps, and this is one more`;
      const message = `${reason}; move some into another flow`;
      this.#context.report({ at, code: 'config.limit', message });
    }
    return NOTHING;
  }

  #refuseDepth(at: number): StepList {
    const reason = `choices stand more than ${CHOICE_DEPTH_MAX} deep in one another here`;
    this.#context.report({ at, code: 'config.limit', message: `${reason}; flatten them` });
    return NOTHING;
  }
}
