import { notInForce } from '../flows/catalog.ts';
import { excerpt } from '../flows/cel/messages.ts';
import type { Autonomy, Flow } from '../flows/flow.ts';
import type { Automation, AutonomyChange } from '../gates/automation.ts';
import type { FlowAutonomy } from '../gates/autonomy.ts';
import { SignalboxError } from '../std/errors.ts';
import type { Catalogs } from './catalogs.ts';

export interface AutonomyLevelsOptions {
  readonly automation: Automation;
  readonly catalogs: Pick<Catalogs, 'flowsInForce'>;
  /** What the configuration says for all flows, as it was read last. */
  readonly written: () => Autonomy | undefined;
  /** Takes back what a person is asked about a flow that asks no more. */
  readonly withdraw: (question: number) => Promise<void>;
}

/** How much happens without a person, as it is shown. */
export interface AutonomyView {
  /** Of a flow that says nothing of its own. */
  readonly level: Autonomy;
  readonly from: FlowAutonomy['from'];
  /** Who has set it for all flows, and when; null where nobody has. */
  readonly set: SetView | null;
  readonly flows: readonly FlowAutonomyView[];
}

/** The same of one flow in force. */
export interface FlowAutonomyView {
  readonly flow: string;
  readonly level: Autonomy;
  readonly from: FlowAutonomy['from'];
  readonly set: SetView | null;
  /** Why it asks since it failed by itself; null where it does not. */
  readonly failures: {
    readonly count: number;
    readonly since: string;
    readonly step: string;
    readonly error: { readonly code: string; readonly message: string };
  } | null;
}

/** Who has set a level, and when. */
export interface SetView {
  readonly level: Autonomy;
  readonly by: string;
  readonly since: string;
}

/** Shows how much happens without a person, and changes it. */
export class AutonomyLevels {
  readonly #options: AutonomyLevelsOptions;

  constructor(options: AutonomyLevelsOptions) {
    this.#options = options;
  }

  async view(): Promise<AutonomyView> {
    const { automation, written } = this.#options;
    const flows = await this.#options.catalogs.flowsInForce();
    const { level, from } = automation.levelOf('', { written: written(), flowWritten: [] });
    const set = setView(automation.all);
    return { level, from, set, flows: Array.from(flows.values(), (flow) => this.#viewFlow(flow)) };
  }

  /** The level of a run of a flow that is pinned to this definition of it. */
  async levelOf({ name, autonomy }: Pick<Flow, 'name' | 'autonomy'>): Promise<FlowAutonomy> {
    const current = (await this.#options.catalogs.flowsInForce()).get(name);
    return this.#levelOf(name, [autonomy, current?.autonomy]);
  }

  /**
   * Whether a change lets something happen without a person that needs one now: then it is for who
   * may decide.
   */
  async raises({ level, flow }: Pick<AutonomyChange, 'level' | 'flow'>): Promise<boolean> {
    const { automation } = this.#options;
    if (flow !== undefined && automation.fallen.some((fallen) => fallen.flow === flow)) return true;
    const before = flow === undefined ? automation.all?.level : automation.setFor(flow)?.level;
    // What is taken back may give way to anything that a file says.
    if (level === undefined) return before !== undefined;
    const view = await this.view();
    if (flow === undefined) {
      return (
        level > view.level || view.flows.some((each) => each.from === 'set' && level > each.level)
      );
    }
    return level > (view.flows.find((each) => each.flow === flow)?.level ?? 0);
  }

  /**
   * Sets a level at once, for runs under way too. False where nothing changes. One that is set for
   * a flow may be taken back though that is in force no more.
   *
   * @throws SignalboxError `flow.unknown`, `autonomy.invalid`, and `data.unusable` where the disk
   *   is full.
   */
  async set(change: AutonomyChange): Promise<boolean> {
    const { automation, catalogs, withdraw } = this.#options;
    const { flow } = change;
    if (flow !== undefined && automation.setFor(flow) === undefined) {
      const flows = await catalogs.flowsInForce();
      const names = [...flows.keys()];
      if (!flows.has(flow)) throw new SignalboxError('flow.unknown', notInForce(flow, names));
    }
    const question = automation.fallen.find((fallen) => fallen.flow === flow)?.question;
    const isChanged = await automation.set(change);
    if (question !== undefined) await withdraw(question);
    return isChanged;
  }

  #viewFlow({ name, autonomy }: Flow): FlowAutonomyView {
    const { automation } = this.#options;
    const { level, from } = this.#levelOf(name, [autonomy]);
    const fallen = automation.fallen.find(({ flow }) => flow === name);
    const failures = fallen && {
      count: fallen.runs.length,
      since: new Date(fallen.since).toISOString(),
      step: fallen.step,
      error: { ...fallen.error, message: excerpt(fallen.error.message) },
    };
    const set = setView(automation.setFor(name));
    return { flow: name, level, from, set, failures: failures ?? null };
  }

  #levelOf(name: string, flowWritten: readonly (Autonomy | undefined)[]): FlowAutonomy {
    const { automation, written } = this.#options;
    return automation.levelOf(name, { written: written(), flowWritten });
  }
}

function setView(
  set: { readonly level: Autonomy; readonly by: string; readonly since: number } | undefined,
): SetView | null {
  return set === undefined ? null : { ...set, since: new Date(set.since).toISOString() };
}
