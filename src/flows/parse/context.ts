import type { StepShape } from '../step-shape.ts';
import type { Variables } from '../variables.ts';
import type { ToolUndos } from './tool-undo.ts';
import type { Report } from './report.ts';

/** What the parsers of one flow share. */
export interface ParseContext {
  readonly report: Report;
  /** The kinds of steps that there are, by kind. */
  readonly shapes: ReadonlyMap<string, StepShape>;
  readonly variables: Variables;
  /** The name of the flow that is read. */
  readonly flow: string;
  /** The members that have names where the flow is started by a pattern over time. */
  readonly overTime?: readonly string[] | undefined;
  /** What the flows say of each other: filled while they are parsed. */
  readonly mentions: Mentions;
  /** What undoes the tools that say so themselves. */
  readonly undos?: ToolUndos;
}

/** Where event types and flows are named, for what is told once all files are parsed. */
export interface Mentions {
  readonly emitted: EmittedType[];
  readonly listened: FlowTypeMention[];
  /** What steps wait for. */
  readonly awaited: FlowTypeMention[];
  readonly called: FlowMention[];
  readonly notified: RecipientMention[];
  /** The tools that steps call. */
  readonly tools: ToolMention[];
}

/** No mentions yet. */
export function newMentions(): Mentions {
  return { emitted: [], listened: [], awaited: [], called: [], tools: [], notified: [] };
}

/** An event type at its place. */
export interface TypeMention {
  readonly type: string;
  readonly at: number;
  readonly report: Report;
}

/** An event type that a flow names. */
export interface FlowTypeMention extends TypeMention {
  readonly flow: string;
}

/** An event type that a step emits. */
export interface EmittedType extends FlowTypeMention {
  /** Whether the step depends on a condition, its own or one around it. */
  readonly conditional: boolean;
}

/** Whom a step has told, at its place: a channel or a person. */
export interface RecipientMention {
  readonly name: string;
  readonly at: number;
  readonly report: Report;
}

/** A tool that a step calls, at its place. */
export interface ToolMention {
  readonly tool: string;
  readonly flow: string;
  readonly conditional: boolean;
  readonly at: number;
  readonly report: Report;
}

/** A flow that a step of another one calls, at its place. */
export interface FlowMention {
  readonly flow: string;
  readonly calls: string;
  /** Whether the step depends on a condition, its own or one around it. */
  readonly conditional: boolean;
  readonly at: number;
  readonly report: Report;
}
