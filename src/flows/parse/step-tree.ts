import type { ActionStep, Step } from '../flow.ts';
import { type EarlierStep, namesAfter, type Surroundings } from '../names.ts';
import { readChoice } from './choice.ts';
import type { ParseContext } from './context.ts';
import { readFork, readHead } from './fork.ts';
import { type FoundFork, forkOf, isChoice } from './kind.ts';
import { SagaRules } from './saga-rules.ts';
import { earlierStep, stepId } from './step-options.ts';
import { leaving, parseStep } from './step.ts';
import { withRounds } from './tool-rounds.ts';
import type { YamlMapping, YamlNode } from './yaml-node.ts';

/** How many steps a flow may have, choices, forks and the steps inside them included. */
export const STEPS_MAX = 1_000;
/** How deep choices and forks may stand within one another. */
export const STEP_DEPTH_MAX = 16;

/** The lists of steps that a flow has, each as far as nothing is wrong with it. */
export interface StepLists {
  readonly steps: readonly Step[];
  readonly onFailure: readonly Step[];
}

/** The same as they are written. */
export interface WrittenSteps {
  readonly steps: readonly YamlNode[];
  readonly onFailure: readonly YamlNode[];
}

/** Reads all steps of a flow, those inside others too. Reports all that is wrong with them. */
export function parseSteps(written: WrittenSteps, context: ParseContext): StepLists {
  const tree = new StepTree(context);
  const top = { ...TOP, overTime: context.overTime };
  const { steps, leaves } = tree.read(written.steps, top);
  const failed = { ...top, earlier: leaves, failed: true };
  return { steps, onFailure: tree.read(written.onFailure, failed).steps };
}

/** What a list of steps came to. */
interface StepList {
  /** Those with nothing wrong. */
  readonly steps: readonly Step[];
  /** What steps after the list may name: what all of its steps leave, most inside them too. */
  readonly leaves: readonly EarlierStep[];
}

interface TreePlace extends Required<Omit<Surroundings, 'overTime'>> {
  readonly overTime?: Surroundings['overTime'];
  /** Whether a `parallel` or an `each` is around. */
  readonly branched: boolean;
  readonly earlier: readonly EarlierStep[];
  /** How many choices and forks are around. */
  readonly depth: number;
  /** Whether a condition is around. */
  readonly conditional: boolean;
}

const TOP: TreePlace = {
  earlier: [],
  items: [],
  failed: false,
  depth: 0,
  conditional: false,
  branched: false,
};
const NOTHING: StepList = { steps: [], leaves: [] };

/** A node of the tree, and the id that it goes by. */
interface TreeNode {
  readonly node: YamlMapping;
  readonly id: string;
}

/** The walk through the steps of one flow, in the order of the file. */
class StepTree {
  readonly #context: ParseContext;
  readonly #saga: SagaRules;
  /** The numbers of the steps, by the id that they took. */
  readonly #numbers = new Map<string, number>();
  #count = 0;
  /** Whether a model with tools comes before. */
  #tainted = false;
  /** Steps that those with tools stand for. */
  #inner = 0;

  constructor(context: ParseContext) {
    this.#context = context;
    this.#saga = new SagaRules(context);
  }

  read(nodes: readonly YamlNode[], place: TreePlace): StepList {
    const steps: Step[] = [];
    const leaves: EarlierStep[] = [];
    for (const node of nodes) {
      const read = this.#readNode(node, { ...place, earlier: [...place.earlier, ...leaves] });
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
    // What follows takes the node for no mapping once it is no choice.
    const written = node;
    const own = { ...place, conditional: place.conditional || hasIf(node) };
    this.#saga.check(node, { ...own, id });
    const fork = forkOf(node, this.#context);
    if (fork !== undefined) return this.#readFork({ ...fork, id }, own);
    if (isChoice(node, this.#context)) return this.#readChoice({ node, id }, place);
    const names = namesAfter(place.earlier, place);
    const { conditional } = own;
    const step = parseStep(node, { id, names, conditional }, this.#context);
    const leaves = [leaving(node, { id, names }, this.#context)];
    return { steps: step === undefined ? [] : this.#stepsOf(step, written), leaves };
  }

  /** The step, or what one stands for that gives a model tools: what follows is tainted by it. */
  #stepsOf(step: ActionStep, node: YamlNode): readonly Step[] {
    const own = this.#tainted ? taintedStep(step) : step;
    if (node.kind !== 'mapping' || !node.entries.has('tools')) return [own];
    this.#tainted = true;
    const steps = withRounds(own, node, this.#context);
    this.#inner += steps.reduce(
      (sum, { fork }) => sum + (fork?.kind === 'each' ? fork.do.length : 1),
      0,
    );
    if (this.#inner > STEPS_MAX) {
      const what = `"tools" here, with those before, stand for more than ${STEPS_MAX} steps`;
      const message = `${what}; lower "rounds", or list fewer tools`;
      this.#context.report({ at: node.at, code: 'config.limit', message });
    }
    return steps;
  }

  #readChoice({ node, id }: TreeNode, place: TreePlace): StepList {
    if (place.depth === STEP_DEPTH_MAX) return this.#refuseDepth(node.at);
    const { head, branches } = readChoice(node, namesAfter(place.earlier, place), this.#context);
    const inner = { ...place, depth: place.depth + 1, conditional: true };
    const lists = new Map(branches.map(({ name, steps }) => [name, this.read(steps, inner)]));
    const leaves = [...lists.values()].flatMap((list) => list.leaves);
    const then = lists.get('then')?.steps ?? [];
    const otherwise = lists.get('else')?.steps ?? [];
    if (head === undefined || then.length + otherwise.length === 0) return { steps: [], leaves };
    const choice = { condition: head.condition, then, else: otherwise };
    return { steps: [{ id, name: head.name, kind: 'if', choice }], leaves };
  }

  #readFork({ node, kind, id }: TreeNode & FoundFork, place: TreePlace): StepList {
    const { conditional } = place;
    const forkPlace = { kind, names: namesAfter(place.earlier, place), conditional };
    const head = readHead(node, forkPlace, this.#context);
    const { branches, item, fork: forkWith } = readFork(node, forkPlace, this.#context);
    if (branches.length > 0 && place.depth === STEP_DEPTH_MAX) return this.#refuseDepth(node.at);
    const items = item === undefined ? place.items : [...place.items, item];
    const inner = { ...place, items, depth: place.depth + 1, branched: true };
    const lists = branches.map((branch) => this.read(branch, inner));
    const fork = forkWith(lists.map(({ steps }) => steps));
    // The steps of an item are done once for each: outside of them their names mean nothing.
    const within = item === undefined ? lists.flatMap((list) => list.leaves) : [];
    const leaves = [...within, earlierStep(node, id)];
    if (head === undefined || fork === undefined) return { steps: [], leaves };
    const tainted = this.#tainted ? ({ tainted: true } as const) : {};
    return { steps: [{ ...head, ...tainted, id, kind: fork.kind, fork }], leaves };
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
    const reason = `choices and forks stand more than ${STEP_DEPTH_MAX} deep in one another here`;
    this.#context.report({ at, code: 'config.limit', message: `${reason}; flatten them` });
    return NOTHING;
  }
}

/** The step where a model has a say in it, and so in what undoes it. */
function taintedStep(step: ActionStep): ActionStep {
  const { compensate } = step;
  return {
    ...step,
    tainted: true,
    ...(compensate !== undefined && { compensate: taintedStep(compensate) }),
  };
}

/** Whether a step says when it is done. */
function hasIf(node: YamlNode): boolean {
  return node.kind === 'mapping' && node.entries.has('if');
}
