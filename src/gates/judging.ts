import type { Trust } from '../events/event.ts';
import type { Effect, Flow, Gate } from '../flows/flow.ts';
import type { Json } from '../std/json.ts';
import type { Judgement } from './judge.ts';

/** A step that a run is about to call, with all that decides what becomes of it. */
export interface JudgedStep {
  /** As the run is pinned to it. */
  readonly flow: Pick<Flow, 'name' | 'autonomy'>;
  /** The hash of the catalog that the run is pinned to. */
  readonly catalog: string;
  readonly step: string;
  readonly kind: string;
  readonly effect: Effect;
  readonly gate: Gate | undefined;
  /** The step's mapping with its templates filled in. */
  readonly input: Json;
  /** Of the run's event. */
  readonly trust: Trust;
  /** Whether the step lists secrets. */
  readonly secrets: boolean;
}

/** Says what becomes of steps, by policies, levels and files as they are at that moment. */
export interface Judging {
  /** Whether a step without a gate has to be judged at all; costs next to nothing. */
  concerns(step: Pick<JudgedStep, 'kind' | 'secrets'>): boolean;
  judge(step: JudgedStep): Promise<Judgement>;
}
