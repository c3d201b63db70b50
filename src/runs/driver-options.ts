import type { Clock } from '../std/clock.ts';
import type { Logger } from '../std/logger.ts';
import type { Random } from '../std/random.ts';
import type { OpenState, Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';
import type { OpenAccess } from './driven-context.ts';
import type { Run } from './evolve.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import type { FindFlow } from './flow-finder.ts';
import type { Forks } from './forks.ts';
import type { Motion } from './motion.ts';
import type { Session } from './next.ts';
import type { RunSecrets } from './run-secrets.ts';
import type { StepKind } from './step-kind.ts';
import type { Tellings } from './tellings.ts';
import type { WaitKeeper } from './waking.ts';

/** What a driver stands on, and whom it tells. */
export interface DriverOptions {
  readonly store: Store;
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly session: Session;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly findFlow: FindFlow;
  readonly forks: Forks;
  /** Asked before each call. */
  readonly gatekeeper: Gatekeeper;
  /** The folder that a step's paths are relative to. */
  readonly directory: string;
  /** Where it is left out, nothing is known to be secret. */
  readonly secrets?: RunSecrets | undefined;
  /** Undefined where no step may reach the daemon. */
  readonly access?: OpenAccess | undefined;
  /** Undefined where nothing can be sent as a run's. */
  readonly tellings?: Tellings | undefined;
  /** Who shows events to those that wait for them; without one, a wait has only its time. */
  readonly waits?: WaitKeeper | undefined;
  readonly moved: Moved;
  readonly left: Left;
}

/**
 * Hears of each run that leaves a driver's hands, and of those that it opens or wakes: what it is
 * now, and what it was. A run in a driver's hands counts as running; null is one that was not.
 */
export type Moved = (id: number, run: Run, from: OpenState | null) => void;

/** Hears of a run that nobody here goes on with, though it counts as running. */
export type Left = (motion: Motion) => void;
