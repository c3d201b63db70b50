import type { StepShape } from '../step-shape.ts';
import type { Variables } from '../variables.ts';
import type { Report } from './report.ts';

/** What the parsers of one file share. */
export interface ParseContext {
  readonly report: Report;
  /** The kinds of steps that there are, by kind. */
  readonly shapes: ReadonlyMap<string, StepShape>;
  readonly variables: Variables;
  /** The event types that the files name: filled while they are parsed. */
  readonly types: EventTypes;
}

/** Where event types are named, for telling near misses once all files are parsed. */
export interface EventTypes {
  readonly emitted: TypeMention[];
  readonly listened: TypeMention[];
}

/** An event type at its place. */
export interface TypeMention {
  readonly type: string;
  readonly at: number;
  readonly report: Report;
}
