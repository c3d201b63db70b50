import type { Event } from '../events/event.ts';
import type { Condition } from '../flows/condition.ts';
import type { Path } from '../flows/path.ts';
import { holds, placesKey, placesOf, residueOf, valuesKey, valuesOf } from '../runs/awaiting.ts';
import type { OpenWait } from './wait-record.ts';

/** A wait with its condition, compiled. */
interface Held {
  readonly wait: OpenWait;
  readonly residue: Condition | undefined;
}

/** The waits of one type that look at the same places. */
interface Shape {
  readonly places: readonly Path[];
  readonly byValues: Map<string, Map<number, Held>>;
}

/**
 * Open waits by the type and the values that they wait for: what an event costs are the different
 * places that waits of its type look at, however many waits are open.
 */
export class OpenWaits {
  readonly #byRun = new Map<number, OpenWait>();
  readonly #byType = new Map<string, Map<string, Shape>>();

  get size(): number {
    return this.#byRun.size;
  }

  /** The wait at which a run rests. */
  of(run: number): OpenWait | undefined {
    return this.#byRun.get(run);
  }

  /** Whether an event of this type may be waited for. */
  wants(type: string): boolean {
    return this.#byType.has(type);
  }

  /**
   * Takes a wait in; a run has one at most.
   *
   * @throws SignalboxError `wait.unreadable` where its condition is none of this version.
   */
  add(wait: OpenWait): void {
    const held: Held = { wait, residue: residueOf(wait) };
    this.remove(wait.run);
    this.#byRun.set(wait.run, wait);
    const shapes = entry(this.#byType, wait.event, () => new Map<string, Shape>());
    const { byValues } = entry(shapes, placesKey(wait), () => shapeOf(wait));
    const waits = entry(byValues, valuesKey(wait), () => new Map<number, Held>());
    waits.set(wait.run, held);
  }

  /** Lets go of a run's wait, if it has one. */
  remove(run: number): void {
    const wait = this.#byRun.get(run);
    if (wait === undefined) return;
    this.#byRun.delete(run);
    const shapes = this.#byType.get(wait.event);
    const shape = shapes?.get(placesKey(wait));
    const waits = shape?.byValues.get(valuesKey(wait));
    waits?.delete(run);
    if (waits?.size === 0) shape?.byValues.delete(valuesKey(wait));
    if (shape?.byValues.size === 0) shapes?.delete(placesKey(wait));
    if (shapes?.size === 0) this.#byType.delete(wait.event);
  }

  /** The waits that an event is what they wait for, the oldest first. */
  matching(event: Event): OpenWait[] {
    const found: OpenWait[] = [];
    for (const { places, byValues } of this.#byType.get(event.type)?.values() ?? []) {
      const values = valuesOf(event, places);
      const held = values === undefined ? undefined : byValues.get(values);
      for (const { wait, residue } of held?.values() ?? []) {
        if (holds(residue, event)) found.push(wait);
      }
    }
    return found.toSorted((a, b) => a.registered - b.registered);
  }
}

function shapeOf(wait: OpenWait): Shape {
  return { places: placesOf(wait), byValues: new Map() };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
