import { deepFreeze } from '../../std/deep-freeze.ts';
import type { Flow, Rule, Trigger } from '../flow.ts';
import type { ParseContext } from './context.ts';
import { isOff, parseFlow, type WrittenFlow } from './flow.ts';
import type { Report } from './report.ts';

/** What is known of a flow from where it was written first. */
interface Entry {
  readonly place: () => string;
  readonly section: WrittenFlow['section'];
  /** Whether it is checked and then left out. */
  readonly off: boolean;
  readonly at: number;
  readonly report: Report;
}

/** The flows of all files by name. */
export class FlowTable {
  /** Those that can be used. */
  readonly flows = new Map<string, Flow>();
  /** All that were written, those that are wrong or disabled included. */
  readonly #entries = new Map<string, Entry>();

  /**
   * Reads a flow that stands at `place`, which gives a text for people, and that may be the `rule`
   * of a choreography. Reports all that is wrong with it.
   */
  add(written: WrittenFlow, context: ParseContext, place: () => string, rule?: Rule): void {
    const { name, at, section, node } = written;
    const { report } = context;
    const parsed = parseFlow(written, context);
    const flow = rule === undefined || parsed === undefined ? parsed : { ...parsed, rule };
    const first = this.#entries.get(name);
    if (first !== undefined) {
      const message = `"${name}" is already defined at ${first.place()}; rename one of the two`;
      report({ at, code: 'config.duplicate', message });
      return;
    }
    this.#entries.set(name, { place, section, off: isOff(node), at, report });
    if (flow !== undefined) this.flows.set(name, deepFreeze(flow));
  }

  /** The names of all flows that were written. */
  get names(): Iterable<string> {
    return this.#entries.keys();
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Whether a flow is there, and disabled. */
  isOff(name: string): boolean {
    return this.#entries.get(name)?.off ?? false;
  }

  /** Has a flow hear what a source tells that names it; nothing where there is no such flow. */
  hear(name: string, trigger: Trigger): void {
    this.change(name, (flow) => ({ ...flow, triggers: [...flow.triggers, trigger] }));
  }

  /** Puts another flow in the place of one; nothing where there is none of that name. */
  change(name: string, make: (flow: Flow) => Flow): void {
    const flow = this.flows.get(name);
    if (flow !== undefined) this.flows.set(name, deepFreeze(make(flow)));
  }

  /** Warns of the handlers that nothing calls: nothing but a person starts them. */
  reportUnused(called: ReadonlySet<string>): void {
    for (const [name, { section, at, report }] of this.#entries) {
      if (section !== 'handlers' || called.has(name)) continue;
      const byHand = `so only "signalbox trigger ${name}" starts it`;
      const remedy = 'as a flow with "on" it starts by itself';
      const message = `nothing names the handler "${name}", ${byHand}; ${remedy}`;
      report({ at, severity: 'warning', code: 'config.unused_handler', message });
    }
  }
}
