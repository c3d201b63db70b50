import type { Json } from '../../std/json.ts';
import { asFile, type Document } from './document.ts';
import { type StepDefinition, type StepWriter, stepWriter } from './steps.ts';

/** A flow that code has written, as a file would hold it. */
export interface FlowDefinition {
  readonly name: string;
  /** What stands under the flow's name. */
  readonly document: { readonly [key: string]: Json };
}

/** Writes the steps of a flow. */
export type WriteSteps = (step: StepWriter) => readonly StepDefinition[];

/** What a flow says beside its steps: the same keys as in a file. */
export interface FlowSettings extends Document {
  /**
   * What starts it: a type of events, `{ event, where, source, subject }`, or a list of these. A
   * flow without it is a handler, which starts by being named.
   */
  readonly on?: string | Document | readonly (string | Document)[];
  readonly enabled?: boolean;
  readonly priority?: number;
  readonly project?: string;
}

/**
 * A flow as a file would hold it: the same tree, checked in the same way and at the same time,
 * which is when the box starts.
 *
 * @example
 *   flow('greet', { on: 'user.created' }, (step) => [
 *     step.run('hello', ['echo', 'Hello {payload.name}!']),
 *     step.emit('user.greeted', { text: '{hello}' }),
 *   ]);
 *
 * @throws SignalboxError `config.invalid` where it holds what no file can, such as a function.
 */
export function flow(
  name: string,
  settings: FlowSettings,
  steps: WriteSteps,
  onFailure?: WriteSteps,
): FlowDefinition {
  const all = { ...settings, steps: steps(stepWriter), on_failure: onFailure?.(stepWriter) };
  return { name, document: asFile(all, `The flow "${name}"`) as FlowDefinition['document'] };
}

/** The text of a file that holds these flows and sources. */
export function fileOf(parts: {
  readonly flows: readonly FlowDefinition[];
  readonly sources: readonly Json[];
}): string {
  const [handlers = [], flows = []] = [false, true].map((starts) =>
    parts.flows.filter(({ document }) => 'on' in document === starts),
  );
  const sections = [
    ...sectionOf('handlers', handlers),
    ...sectionOf('flows', flows),
    ...(parts.sources.length > 0 ? [` "sources": ${textAt(1, parts.sources)}`] : []),
  ];
  return `{\n${sections.join(',\n')}\n}\n`;
}

/** Two flows of one name stand in it both, so that the check finds them: no object holds two. */
function sectionOf(name: string, flows: readonly FlowDefinition[]): string[] {
  if (flows.length === 0) return [];
  const entries = flows.map(
    (each) => `  ${JSON.stringify(each.name)}: ${textAt(2, each.document)}`,
  );
  return [` "${name}": {\n${entries.join(',\n')}\n }`];
}

/** JSON as it is indented so deep in a file. */
function textAt(depth: number, value: Json | readonly Json[]): string {
  return JSON.stringify(value, undefined, 1).replaceAll('\n', `\n${' '.repeat(depth)}`);
}
