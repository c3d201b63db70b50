import { type Attribution, attributionOf } from '../events/attribution.ts';
import { may, strongest } from '../identity/roles.ts';
import { type People, personOf } from '../identity/people.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import { ownRecord } from '../store/record.ts';

/** One person decides for another one until then. */
export interface Delegation {
  readonly from: string;
  readonly to: string;
  /** Engine time. */
  readonly until: number;
  /** Who has said so, as the log says it. */
  readonly by: string;
}

export interface DelegationsOptions {
  readonly store: Pick<Store, 'append' | 'cursors'>;
  readonly time: EngineTime;
  readonly people: () => People;
}

/** Where they are kept: rows beside those of the sources, by who is stood in for. */
const ROWS = 'signalbox:delegations';
const DELEGATIONS_MAX = 1_000;
/** How long somebody may be stood in for at most. */
const DELEGATION_MS_MAX = 366 * 86_400_000;

/**
 * Who decides for whom. Whoever stands in needs the right to decide themselves, and gets no other
 * right: they count as the person where a gate names that one, and never for what that one
 * proposed.
 */
export class Delegations {
  readonly #options: DelegationsOptions;
  readonly #byFrom: Map<string, Delegation>;

  private constructor(options: DelegationsOptions, known: readonly Delegation[]) {
    this.#options = options;
    this.#byFrom = new Map(known.map((each) => [each.from, each]));
  }

  static async open(options: DelegationsOptions): Promise<Delegations> {
    const rows = await options.store.cursors({ source: ROWS, limit: DELEGATIONS_MAX });
    return new Delegations(
      options,
      rows.map(({ value }) => JSON.parse(value) as Delegation),
    );
  }

  /** Those that hold now. */
  get all(): Delegation[] {
    const now = this.#options.time.now();
    return [...this.#byFrom.values()].filter(({ until }) => now < until);
  }

  /** The people for whom somebody may decide now. */
  standsFor(who: string): string[] {
    return this.all.filter(({ to }) => to === who).map(({ from }) => from);
  }

  /**
   * Has somebody decide for a person for so many milliseconds, in place of whoever did so before.
   * Says why not, where it cannot be.
   *
   * @throws SignalboxError `data.unusable` where the disk is full.
   */
  async make(
    words: Omit<Delegation, 'until'> & Attribution,
    forMs: number,
  ): Promise<string | undefined> {
    const problem = this.#problemOf(words, forMs);
    if (problem !== undefined) return problem;
    const { request, ...said } = words;
    const delegation = { ...said, until: this.#options.time.now() + forMs };
    await this.#record('delegation.made', { ...delegation, request }, delegation);
    this.#byFrom.set(delegation.from, delegation);
    return undefined;
  }

  #problemOf({ from, to }: Omit<Delegation, 'until'>, forMs: number): string | undefined {
    const people = this.#options.people();
    const role = strongest(personOf(people, to)?.roles ?? []);
    if (personOf(people, from) === undefined) return `There is no person "${from}".`;
    if (role === undefined) return `There is no person "${to}".`;
    if (from === to) return 'Somebody else has to stand in.';
    if (!may(role, 'decide')) return `"${to}" is ${role}, and so decides nothing.`;
    if (forMs > 0 && forMs <= DELEGATION_MS_MAX) return undefined;
    return 'It holds for a moment at least, and for a year at most.';
  }

  /** Ends it before its time; false where there is none. */
  async end(from: string, by: Attribution): Promise<boolean> {
    const known = this.all.find((each) => each.from === from);
    if (known === undefined) return false;
    await this.#record('delegation.ended', { ...known, ...by }, null);
    this.#byFrom.delete(from);
    return true;
  }

  async #record(
    type: 'delegation.made' | 'delegation.ended',
    { from, to, until, ...by }: Delegation & Attribution,
    row: Delegation | null,
  ): Promise<void> {
    const { store, time } = this.#options;
    const end = new Date(until).toISOString();
    const data = JSON.stringify({ from, to, until: end, ...attributionOf(by) });
    const cause = { correlation: null, causation: null, hops: 0 };
    const record = ownRecord(type, data, time.now(), cause);
    const value = row === null ? null : JSON.stringify(row);
    const result = await store.append({
      writes: [{ kind: 'event', record }],
      cursors: [{ source: ROWS, key: from, value }],
    });
    if (result.kind === 'appended') return;
    throw new SignalboxError('data.unusable', 'It could not be recorded: the disk is full.');
  }
}
