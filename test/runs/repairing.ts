import { checkRows } from '../../src/runs/rebuild.ts';
import type { Repaired } from '../../src/runs/repair.ts';
import type { Flow } from '../../src/flows/flow.ts';
import type { RunRow, Store } from '../../src/store/contract.ts';
import { flowOf, stepOf } from './pieces.ts';
import { done, lost, refused } from './scripted.ts';
import type { Act, Workshop } from './workshop.ts';

/** It will never happen. */
export const failed = { kind: 'fail', error: refused.error } as const;
export const ann = { by: 'ann', reason: 'wrong branch' } as const;
export const bob = { by: 'bob', reason: null } as const;

/** The code of the refusal, or what came of it. */
export function codeOf(repaired: Repaired): string {
  return repaired.kind === 'refused' ? repaired.code : repaired.kind;
}

/** The runs that the run opened. */
export async function branchesOf(shop: Workshop, id: number): Promise<RunRow[]> {
  return shop.store.branches({ parent: id, limit: 1_000 });
}

/** How these stand. */
export async function statesOf(shop: Workshop, id: number): Promise<string[]> {
  return (await branchesOf(shop, id)).map(({ state }) => state);
}

/** What folding the log again finds to be different. */
export async function differences(shop: Workshop): Promise<unknown> {
  return (await checkRows(shop.store, () => {})).differences;
}

/** Steps that last until they are told to end, or the test lets them. */
export function patient(): { act: Act; calls: string[]; release: () => void; ended: string[] } {
  const calls: string[] = [];
  const ended: string[] = [];
  let ends: (() => void)[] = [];
  return {
    calls,
    ended,
    act: ({ key, signal }) => {
      calls.push(key.slice(key.indexOf('/') + 1));
      return new Promise((resolve) => {
        ends.push(() => resolve(done));
        signal.addEventListener('abort', () => {
          ended.push(key.slice(key.indexOf('/') + 1));
          resolve(lost);
        });
      });
    },
    release: () => {
      for (const end of ends) end();
      ends = [];
    },
  };
}

/** Answers in a later turn, so that something can be done meanwhile. */
export function slowly(act: Act): Act {
  return async (context) => {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    return act(context);
  };
}

/** A catalog of this flow, and of one called `other`. */
export function finds(flow: Flow): (catalog: string, name: string) => Promise<Flow> {
  const other = { ...flowOf(stepOf({ id: 'deed' })), name: 'other' };
  return async (_, name) => (name === 'other' ? other : flow);
}

/** A store whose process dies as it waits for the answer to an append. */
export function dyingWhen(dies: () => boolean): (store: Store) => Store {
  return appending((store, unit) => (dies() ? new Promise(() => {}) : store.append(unit)));
}

/** A store whose disk is full at times. */
export function fullWhile(isFull: () => boolean): (store: Store) => Store {
  return appending(async (store, unit) => (isFull() ? { kind: 'full' } : store.append(unit)));
}

function appending(
  append: (store: Store, unit: Parameters<Store['append']>[0]) => ReturnType<Store['append']>,
): (store: Store) => Store {
  return (store) =>
    new Proxy(store, {
      get: (target, name) => {
        if (name === 'append') return (unit: never) => append(store, unit);
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
}
