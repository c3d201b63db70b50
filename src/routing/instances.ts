import { matchesText } from '../events/pattern.ts';
import type { Flow, Rule, Trigger } from '../flows/flow.ts';
import type { Scope } from '../flows/scope.ts';
import type { Began } from '../runs/journal.ts';
import { namedFlow } from '../runs/named-start.ts';
import type { Newborn } from '../runs/runner.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import { correlationOf } from '../store/record.ts';
import { fitsSource, fitsSubject, sourceOf } from './match.ts';

/**
 * How many counts are remembered. Far more than one round plans, so that what is forgotten stands
 * in the store by then.
 */
const COUNTS_MAX = 20_000;

/**
 * What the instances of choreographies have come to, as far as rules ask: whether one has begun,
 * and how often a rule with `max` has answered in it. The rows of the runs say it; what is planned
 * and not yet durable is counted here.
 */
export class Instances {
  readonly #store: Pick<Store, 'identity' | 'runs'>;
  /** Runs of a rule, or of all rules of a choreography, by that and the instance. */
  readonly #counts = new Map<string, number>();

  constructor(store: Pick<Store, 'identity' | 'runs'>) {
    this.#store = store;
  }

  /** Reads what starts of the event ask about; undefined where all of it is known. */
  unread(record: LogRecord, flows: readonly Flow[]): Promise<void> | undefined {
    const missing = flows.flatMap((flow) =>
      asked(flow).filter(({ name }) => !this.#counts.has(this.#key(name, record))),
    );
    if (missing.length === 0) return undefined;
    const reads = missing.map(async ({ name, limit }) => {
      const correlation = correlationOf(record, this.#store.identity);
      const runs = await this.#store.runs({ flow: name, correlation, limit });
      this.#remember(this.#key(name, record), runs.length);
    });
    return Promise.all(reads).then(() => {});
  }

  /** Why a rule does not answer the event any more; undefined where it does. */
  spent(record: LogRecord, { name, rule }: Flow): string | undefined {
    // What a person starts by its name is their own business.
    if (rule?.max === undefined || namedFlow(record) !== undefined) return undefined;
    if ((this.#counts.get(this.#key(name, record)) ?? 0) < rule.max) return undefined;
    const instance = correlationOf(record, this.#store.identity);
    const { id, choreography, max } = rule;
    const times = max === 1 ? 'once' : `${max} times`;
    return `Rule "${id}" of "${choreography}" has answered ${times} in ${instance}: "max".`;
  }

  /** Counts a run of a rule, and says how its instance began where it begins with it. */
  enter(record: LogRecord, flow: Flow, scope: () => Scope): Began | undefined {
    const { rule } = flow;
    if (rule === undefined) return undefined;
    const begun = this.#counts.get(this.#key(allOf(rule), record)) ?? 0;
    this.#add(record, flow, 1);
    if (begun > 0) return undefined;
    return rule.triggers.some((trigger) => fits(trigger, record, scope)) ? 'trigger' : 'rule';
  }

  /** Takes back what was counted of a run that will not be born. */
  leave({ flow, event }: Pick<Newborn, 'flow' | 'event'>): void {
    if (flow.rule !== undefined) this.#add(event, flow, -1);
  }

  #add(record: LogRecord, flow: Flow, by: number): void {
    for (const { name } of asked(flow)) {
      const key = this.#key(name, record);
      this.#remember(key, (this.#counts.get(key) ?? 0) + by);
    }
  }

  /** What was used last is forgotten last. */
  #remember(key: string, count: number): void {
    this.#counts.delete(key);
    this.#counts.set(key, count);
    const [oldest] = this.#counts.size > COUNTS_MAX ? this.#counts.keys() : [];
    if (oldest !== undefined) this.#counts.delete(oldest);
  }

  #key(name: string, record: LogRecord): string {
    return `${name}\0${correlationOf(record, this.#store.identity)}`;
  }
}

/** Of which flows the runs are counted for a start, and how far. */
function asked({ name, rule }: Flow): readonly { readonly name: string; readonly limit: number }[] {
  if (rule === undefined) return [];
  const all = { name: allOf(rule), limit: 1 };
  return rule.max === undefined ? [all] : [all, { name, limit: rule.max }];
}

/** What the names of the flows of a choreography's rules begin with. */
function allOf({ choreography }: Rule): string {
  return `${choreography}.*`;
}

function fits(trigger: Trigger, record: LogRecord, scope: () => Scope): boolean {
  const { pattern, where } = trigger;
  const arrival = { source: sourceOf(record), subject: record.subject ?? undefined };
  if (!matchesText(pattern.event, record.type)) return false;
  if (!fitsSource({ trigger }, arrival) || !fitsSubject({ trigger }, arrival)) return false;
  if (where === undefined) return true;
  try {
    return where.test(scope());
  } catch {
    return false;
  }
}
