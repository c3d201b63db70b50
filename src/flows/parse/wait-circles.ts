import type { Flow, Step } from '../flow.ts';
import type { FlowTypeMention, Mentions } from './context.ts';

/** A type that a template names. */
const ANY = '';

/** What the flows wait for and emit, and who else tells events. */
interface Waiting {
  readonly mentions: Pick<Mentions, 'awaited'>;
  readonly flows: ReadonlyMap<string, Flow>;
  /** What sources and tools tell. */
  readonly told: ReadonlySet<string>;
}

/** Somebody emits a type once all of these have come. */
interface Emission {
  readonly type: string;
  readonly after: readonly string[];
}

/**
 * Warns of waits in a circle: of those for an event that only flows emit which wait, each before
 * that, for an event that comes no sooner. What nobody here emits may come from outside.
 */
export function reportWaits({ mentions, flows, told }: Waiting): void {
  const { awaited } = mentions;
  if (awaited.length === 0) return;
  const emissions = [...flows.values()].flatMap(({ steps, onFailure = [] }) => [
    ...emissionsOf(steps),
    ...emissionsOf(onFailure),
  ]);
  // What is named only when it is emitted may be what somebody waits for.
  if (emissions.some(({ type }) => type === ANY)) return;
  const emitted = new Set(emissions.map(({ type }) => type));
  const come = new Set(awaited.map(({ type }) => type).filter((type) => !emitted.has(type)));
  for (const type of told) come.add(type);
  spread(emissions, come);
  for (const mention of awaited) if (!come.has(mention.type)) warn(mention, emissions);
}

/** Adds to what may come whatever may come by it, until nothing more does. */
function spread(emissions: readonly Emission[], come: Set<string>): void {
  let open = emissions;
  for (let before = -1; before !== come.size;) {
    before = come.size;
    open = open.filter(({ type, after }) => {
      if (!after.every((each) => come.has(each))) return true;
      come.add(type);
      return false;
    });
  }
}

function warn({ type, flow, at, report }: FlowTypeMention, emissions: readonly Emission[]): void {
  const after = emissions.filter((each) => each.type === type).flatMap((each) => each.after);
  const others = [...new Set(after)].map((each) => `"${each}"`).join(', ');
  const circle = `whoever emits it waits before for ${others}, which comes no sooner`;
  const message = `"${flow}" waits for "${type}" in a circle: ${circle}; let one not wait`;
  report({ at, severity: 'warning', code: 'config.wait_circle', message });
}

/** What steps emit one after the other, each with what was waited for before. */
function emissionsOf(steps: readonly Step[], before: readonly string[] = []): Emission[] {
  const after = [...before];
  return steps.flatMap((step) => {
    const found = emissionsOfStep(step, [...after]);
    const waited = awaitedBy(step);
    if (waited !== undefined) after.push(waited);
    return found;
  });
}

function emissionsOfStep(step: Step, after: readonly string[]): Emission[] {
  const { choice, fork } = step;
  if (choice !== undefined) {
    return [...emissionsOf(choice.then, after), ...emissionsOf(choice.else, after)];
  }
  if (fork?.kind === 'parallel') return fork.steps.flatMap((each) => emissionsOf([each], after));
  if (fork?.kind === 'each') return emissionsOf(fork.do, after);
  if (fork !== undefined || step.kind !== 'emit') return [];
  const { emit } = step.input as { readonly emit: readonly unknown[] };
  return emit.map((type) => ({ type: typeof type === 'string' ? type : ANY, after }));
}

/** What a step waits for that nothing passes over: with a condition, it may not wait at all. */
function awaitedBy(step: Step): string | undefined {
  if (step.choice !== undefined || step.fork !== undefined || step.kind !== 'wait')
    return undefined;
  if (step.guard !== undefined || step.onError === 'continue') return undefined;
  const { wait } = step.input as { readonly wait: { readonly event: string } };
  return wait.event;
}
