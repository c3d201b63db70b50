import type { Flow, Step } from './flow.ts';

/** What becomes of the flows where others take their place. Names stand in the files' order. */
export interface FlowsDifference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly FlowChange[];
  /** How many stay as they are. */
  readonly unchanged: number;
}

/** A flow that stays under its name and does something else, or on other events. */
export interface FlowChange {
  readonly flow: string;
  readonly parts: readonly PartChange[];
}

/** A top-level part of a flow that differs, such as `triggers`. */
export interface PartChange {
  readonly part: string;
  /** Of a part that holds steps: which of them differ. */
  readonly steps?: StepsChange;
}

/** Which steps of a part differ, by their ids; those within choices are told of by themselves. */
export interface StepsChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Whether steps that both have stand in another order or at another place of the tree. */
  readonly reordered: boolean;
}

type Flows = ReadonlyMap<string, Flow>;

/**
 * Compares two catalogs' flows as they were parsed: blanks, comments and the order of keys in the
 * files make no difference. A condition or a template is the same where its text is.
 *
 * Knows no part of a flow by its name but the name itself, so that new parts are compared as well.
 */
export function compareFlows(before: Flows, after: Flows): FlowsDifference {
  const changed = [...after].flatMap(([name, flow]) => {
    const old = before.get(name);
    const parts = old === undefined ? [] : compareParts(old, flow);
    return parts.length === 0 ? [] : [{ flow: name, parts }];
  });
  const added = [...after.keys()].filter((name) => !before.has(name));
  const removed = [...before.keys()].filter((name) => !after.has(name));
  return { added, removed, changed, unchanged: after.size - added.length - changed.length };
}

/** Whether two steps do the same, with all that stands within them. */
export function sameStep(before: Step, after: Step): boolean {
  return equal(before, after);
}

function compareParts(before: Flow, after: Flow): PartChange[] {
  const [old, present] = [fieldsOf(before), fieldsOf(after)];
  const names = [...new Set([...present.keys(), ...old.keys()])].filter((name) => name !== 'name');
  return names.flatMap((part) => comparePart(part, old.get(part), present.get(part)) ?? []);
}

function comparePart(part: string, before: unknown, after: unknown): PartChange | undefined {
  const [old, present] = [stepsWithin(before), stepsWithin(after)];
  if (old.size === 0 && present.size === 0) return equal(before, after) ? undefined : { part };
  const steps = compareSteps(old, present);
  const { added, removed, changed, reordered } = steps;
  const differs = reordered || added.length + removed.length + changed.length > 0;
  return differs || !equal(before, after, BESIDE_STEPS) ? { part, steps } : undefined;
}

type Steps = ReadonlyMap<string, PlacedStep>;

function compareSteps(before: Steps, after: Steps): StepsChange {
  return {
    added: [...after.keys()].filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
    changed: [...after].flatMap(([id, { step }]) => {
      const old = before.get(id);
      return old === undefined || equalSteps(old.step, step) ? [] : [id];
    }),
    reordered: orderOf(before, after) !== orderOf(after, before),
  };
}

/** Where the steps stand that the others have too, as a text to compare. */
function orderOf(steps: Steps, others: Steps): string {
  const placed = [...steps].filter(([id]) => others.has(id));
  return JSON.stringify(placed.map(([id, { place }]) => [place, id]));
}

interface PlacedStep {
  readonly step: Holder;
  /** The keys that lead to it from the part, without its place in its list. */
  readonly place: readonly string[];
}

/** The steps of a part and those within them, in the order of the file. */
function stepsWithin(part: unknown): Steps {
  const found = new Map<string, PlacedStep>();
  collect(part, [], found);
  return found;
}

function collect(value: unknown, place: readonly string[], found: Map<string, PlacedStep>): void {
  if (!isHolder(value)) return;
  if (isStep(value)) found.set(value.id, { step: value, place });
  const [hidden, path] = isStep(value) ? [VALUES, [...place, value.id]] : [NONE, place];
  const inList = isStepList(value);
  for (const [key, held] of fieldsOf(value)) {
    if (!hidden.has(key)) collect(held, inList ? path : [...path, key], found);
  }
}

type Holder = Readonly<Record<string, unknown>>;
type StepHolder = Holder & { readonly id: string };

/** Keys of a step with what a user wrote for its kind: what looks like a step there is none. */
const VALUES: ReadonlySet<string> = new Set(['input', 'verify']);
const NONE: ReadonlySet<string> = new Set();

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null;
}

function isStep(value: unknown): value is StepHolder {
  return isHolder(value) && typeof value['id'] === 'string' && typeof value['kind'] === 'string';
}

function isStepList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isStep);
}

/** A field that is undefined is as good as none. */
function fieldsOf(value: object): Map<string, unknown> {
  return new Map(Object.entries(value).filter(([, held]) => held !== undefined));
}

/** Whether steps are compared where they stand, or are passed over as told of by themselves. */
type Scope = 'whole' | 'beside steps';
const BESIDE_STEPS: Scope = 'beside steps';

/** Whether two steps are the same but for the steps within them. */
function equalSteps(before: Holder, after: Holder): boolean {
  return equalFields(before, after, (key) => (VALUES.has(key) ? 'whole' : BESIDE_STEPS));
}

function equal(before: unknown, after: unknown, scope: Scope = 'whole'): boolean {
  // What a condition or a template does follows from its text, which stands beside the function.
  if (typeof before === 'function') return typeof after === 'function';
  if (!isHolder(before) || !isHolder(after)) return Object.is(before, after);
  if (scope === BESIDE_STEPS && isStepPlace(before) && isStepPlace(after)) return true;
  if (Array.isArray(before) !== Array.isArray(after)) return false;
  return equalFields(before, after, () => scope);
}

function isStepPlace(value: unknown): boolean {
  return isStep(value) || isStepList(value);
}

function equalFields(before: Holder, after: Holder, scopeOf: (key: string) => Scope): boolean {
  const [old, present] = [fieldsOf(before), fieldsOf(after)];
  if (old.size !== present.size) return false;
  return [...old].every(
    ([key, held]) => present.has(key) && equal(held, present.get(key), scopeOf(key)),
  );
}
