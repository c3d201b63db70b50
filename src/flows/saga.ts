import type { Flow, Step } from './flow.ts';

const UNDO = '.undo';

/** The id of what undoes a step. No step can have it of its own: a dot is in none. */
export function undoId(step: string): string {
  return `${step}${UNDO}`;
}

/** Whether it is the id of what undoes a step. */
export function isUndoId(id: string): boolean {
  return id.endsWith(UNDO);
}

/** Whether something of the steps, or of those inside them, can be undone by their own flow. */
export function hasUndo(steps: readonly Step[]): boolean {
  return steps.some(({ choice, fork, ...step }) => {
    if (choice !== undefined) return hasUndo(choice.then) || hasUndo(choice.else);
    if (fork?.kind === 'each') return hasUndo(fork.do);
    if (fork?.kind === 'parallel') return hasUndo(fork.steps);
    return 'compensate' in step && step.compensate !== undefined;
  });
}

/** The flows that these steps call and wait for. */
function awaited(steps: readonly Step[]): readonly string[] {
  return steps.flatMap(({ choice, fork }) => {
    if (choice !== undefined) return [...awaited(choice.then), ...awaited(choice.else)];
    switch (fork?.kind) {
      case 'each':
        return awaited(fork.do);
      case 'parallel':
        return awaited(fork.steps);
      case 'call':
        return fork.detach ? [] : [fork.flow];
      default:
        return [];
    }
  });
}

/**
 * The flows whose runs can be undone, by their names, and which of these they call: whose own
 * steps have a `compensate`, and who calls such a flow and waits for it.
 */
export function sagasOf(flows: ReadonlyMap<string, Flow>): ReadonlyMap<string, readonly string[]> {
  const calls = new Map(Array.from(flows, ([name, flow]) => [name, awaited(flow.steps)]));
  const sagas = new Set(
    Array.from(flows.values()).flatMap(({ name, steps }) => (hasUndo(steps) ? [name] : [])),
  );
  // Calls do not come back to their own flow, so each turn goes one call further up.
  for (let size = -1; size < sagas.size;) {
    size = sagas.size;
    for (const [name, called] of calls) if (called.some((flow) => sagas.has(flow))) sagas.add(name);
  }
  const own = Array.from(calls).filter(([name]) => sagas.has(name));
  return new Map(own.map(([name, called]) => [name, called.filter((flow) => sagas.has(flow))]));
}
