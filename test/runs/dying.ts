import type { Store } from '../../src/store/contract.ts';

/** A store whose process dies as it waits for the answer to an append. */
export function dyingAfter(appends: number): (store: Store) => Store {
  let left = appends;
  return (store) => {
    const append: Store['append'] = (unit) =>
      left-- > 0 ? store.append(unit) : new Promise(() => {});
    return new Proxy(store, {
      get: (target, name) => {
        if (name === 'append') return append;
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
}
