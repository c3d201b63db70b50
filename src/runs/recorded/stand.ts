import type { Json } from '../../std/json.ts';
import type { EndState } from '../../store/contract.ts';

/** What a run comes to, one after the other, as it goes its way with recorded answers. */
export type Stand = AtStep | AtEnd | AtLoss | AtStop;

/** A step that it would begin. */
export interface AtStep {
  readonly kind: 'step';
  readonly flow: string;
  /** In which branch or called run: `fan[2]`, `told`; empty for the run itself. */
  readonly within: string;
  readonly step: string;
  readonly does: string;
  /** With its templates filled in. */
  readonly input: Json;
  /** Why they could not be, or a condition could not; undefined where they were. */
  readonly problem?: string | undefined;
  /** Whether its definition has somebody asked before it is called. */
  readonly asks: boolean;
  /** Whether the record has an answer to that. */
  readonly asked: boolean;
  /** Whether the record has it too. */
  readonly isRecorded: boolean;
  /** Whether the run of the record stands there still. */
  readonly isOpen: boolean;
}

/** The end of the run, or of a part of it. */
export interface AtEnd {
  readonly kind: 'end';
  readonly within: string;
  readonly state: EndState;
  /** What it gave, or why it failed. */
  readonly output: Json;
  readonly reason: string | null;
  /** How the record ends. */
  readonly recorded: EndState | undefined;
}

/** A step would be called once more than the record has answers for. */
export interface AtLoss {
  readonly kind: 'lost';
  readonly within: string;
  readonly step: string;
  /** Which attempt it would be, or undefined where it is its output that is not recorded. */
  readonly attempt: number | undefined;
}

/** Nobody can tell how it goes on from here. */
export interface AtStop {
  readonly kind: 'stop';
  readonly within: string;
  readonly reason: string;
}
