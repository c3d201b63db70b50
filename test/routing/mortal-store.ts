import type { Store } from '../../src/store/contract.ts';

/** How long a process lives: it dies at one of its appends, just before it is written or after. */
export class Life {
  dead = false;
  /** Whether it does not die now, whatever it does: somebody looks. */
  isSpared = false;
  #appendsLeft: number;
  readonly #writesLast: boolean;

  constructor(appends: number, writesLast: boolean) {
    this.#appendsLeft = appends;
    this.#writesLast = writesLast;
  }

  /** Whether an append that is made now is written. */
  appends(): boolean {
    if (this.dead) return false;
    if (this.isSpared) return true;
    this.dead = --this.#appendsLeft <= 0;
    return !this.dead || this.#writesLast;
  }
}

/** A store as a process sees it: once that is dead it is asked nothing, and answers nobody. */
export function mortalStore(store: Store, life: Life): Store {
  const never = new Promise<never>(() => {});
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: readonly unknown[]): unknown => {
        if (name === 'onCommitted') {
          const [listener] = given as Parameters<Store['onCommitted']>;
          return target.onCommitted((...told) => {
            if (!life.dead) listener(...told);
          });
        }
        if (name === 'head' || name === 'pending') return value.apply(target, given);
        if (life.dead || (name === 'append' && !life.appends())) return never;
        const answer: unknown = value.apply(target, given);
        if (!(answer instanceof Promise)) return answer;
        return answer.then((said: unknown) => (life.dead ? never : said));
      };
    },
  });
}
