import { type Credential, Identity } from '../../src/identity/identity.ts';
import type { People } from '../../src/identity/people.ts';
import type { Principal } from '../../src/identity/principal.ts';
import type { TokenRole } from '../../src/identity/roles.ts';
import { digestOf } from '../../src/identity/token.ts';
import type { NewToken } from '../../src/identity/tokens.ts';
import { silentLogger } from '../../src/std/logger.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import type { LogRecord, Store } from '../../src/store/contract.ts';
import { EngineTime } from '../../src/store/engine-time.ts';
import { type DurableLog, sqliteLogs } from '../simulation/engine/durable-log.ts';

const newLog = await sqliteLogs();

export const PEOPLE: People = {
  lead: { roles: ['approver'], channels: [] },
  kim: { roles: ['viewer'], channels: [] },
};

/** Identity on a store of its own, which can be left as a process that dies leaves it. */
export class Desk {
  readonly clock: SimulatedClock;
  readonly store: Store;
  readonly identity: Identity;
  readonly #log: DurableLog;

  private constructor(log: DurableLog, store: Store, made: [Identity, SimulatedClock]) {
    this.#log = log;
    this.store = store;
    [this.identity, this.clock] = made;
  }

  static open(wrap?: (store: Store) => Store): Promise<Desk> {
    return Desk.#on(newLog(), new SimulatedClock(), wrap);
  }

  /** Dies without a word, and is there again. */
  again(): Promise<Desk> {
    return Desk.#on(this.#log, this.clock);
  }

  static async #on(
    log: DurableLog,
    clock: SimulatedClock,
    wrap: (store: Store) => Store = (store) => store,
  ): Promise<Desk> {
    const store = await log.open(clock);
    const time = new EngineTime(clock, store.identity.lastReceived);
    const options = { store: wrap(store), time, clock, people: PEOPLE, logger: silentLogger };
    return new Desk(log, store, [await Identity.open(options), clock]);
  }

  async create(name: string, role: TokenRole, more: object = {}): Promise<NewToken> {
    const made = await this.identity.create({ name, role, by: 'owner', ...more });
    if (made.kind === 'refused') throw new Error(made.message);
    return made;
  }

  /** Who the holder of a secret is. */
  who(secret: string, kind: Credential['kind'] = 'token'): Principal | undefined {
    return this.identity.identify({ kind, digest: digestOf(secret) });
  }

  /** All that the log holds. */
  records(): Promise<LogRecord[]> {
    return this.store.read({ after: 0, limit: 1_000 });
  }
}
