import { matchesText } from '../../events/pattern.ts';
import type { Flow, Step } from '../flow.ts';
import { misfit } from '../misfit.ts';
import type { OwnTool } from '../tool.ts';
import type { ReadPart } from './chain.ts';
import type { Mentions } from './context.ts';
import { NearIndex } from './near-index.ts';
import type { Report } from './report.ts';
import { isToolFile } from './tool.ts';
import { placeAt, textOf, type YamlMapping } from './yaml-node.ts';

/** What the files say of tools, and of who answers which event. */
export interface ToolEvents {
  readonly parts: readonly ReadPart[];
  readonly tools: ReadonlyMap<string, OwnTool>;
  readonly mentions: Pick<Mentions, 'listened' | 'awaited'>;
  readonly flows: ReadonlyMap<string, Flow>;
}

/** A tool, and where it is written. */
interface ToolPlace {
  readonly tool: OwnTool;
  readonly mapping: YamlMapping;
  readonly report: Report;
}

/**
 * Warns of tools whose declared events do not fit: of one event that nobody answers, beside others
 * of the same tool that somebody does, or beside a type that may be meant; and of a tool that
 * answers another's event whose contract can give nothing that it takes. A tool none of whose
 * events is answered may be where a chain ends.
 */
export function reportToolEvents({ parts, tools, mentions, flows }: ToolEvents): void {
  const places = placesOf(parts, tools);
  const heard = new Set([...mentions.listened, ...mentions.awaited].map(({ type }) => type));
  const patterns = [...heard].filter((type) => type.endsWith('*'));
  const isHeard = (type: string): boolean =>
    heard.has(type) || patterns.some((pattern) => matchesText(pattern, type));
  const near = new NearIndex([...heard].filter((type) => !type.endsWith('*')));
  for (const place of places) warnUnanswered(place, { isHeard, near });
  const rules = [...flows.values()].flatMap(carriedBy);
  for (const place of places) warnMisfits(place, { places, rules });
}

function placesOf(
  parts: readonly ReadPart[],
  tools: ReadonlyMap<string, OwnTool>,
): readonly ToolPlace[] {
  return parts.flatMap(({ mapping, report }) => {
    if (mapping === undefined || !isToolFile(mapping)) return [];
    const tool = tools.get(textOf(mapping, 'tool') ?? '');
    return tool === undefined ? [] : [{ tool, mapping, report }];
  });
}

interface Heard {
  readonly isHeard: (type: string) => boolean;
  readonly near: NearIndex;
}

function warnUnanswered({ tool, mapping, report }: ToolPlace, { isHeard, near }: Heard): void {
  const { emits = [], answers } = tool;
  const isPart = emits.some(isHeard);
  for (const [index, type] of emits.entries()) {
    if (isHeard(type)) continue;
    const meant = near.find(type);
    // Of one that answers events itself, it is said where all flows are looked at.
    if (meant !== undefined && answers.length > 0) continue;
    if (meant === undefined && !isPart) continue;
    const tail = meant === undefined ? ', and its others somebody does' : `, but "${meant}"`;
    const message = `nobody here answers "${type}" of the tool "${tool.name}"${tail}`;
    const at = placeAt(mapping, ['emits', index]);
    report({ at, severity: 'warning', code: 'config.unanswered', message });
  }
}

/** A rule that hands on what its event holds. */
interface Carried {
  readonly from: string;
  readonly to: string;
}

interface Conversation {
  readonly places: readonly ToolPlace[];
  readonly rules: readonly Carried[];
}

function warnMisfits({ tool, mapping, report }: ToolPlace, { places, rules }: Conversation): void {
  for (const type of tool.answers) {
    const types = sourcesOf(type, rules);
    for (const { tool: giver } of places) {
      const { output, emits = [] } = giver;
      const given = emits.find((emitted) => types.some((each) => matchesText(each, emitted)));
      const problem = output && given !== undefined ? misfit(output, tool.input) : undefined;
      if (problem === undefined) continue;
      const what = `"${tool.name}" answers "${type}", where "${giver.name}" emits "${given}"`;
      const message = `${what}: it ${problem}; where it says no other data, each call fails`;
      report({ at: placeAt(mapping, ['on']), severity: 'warning', code: 'config.misfit', message });
    }
  }
}

/** The types whose data an event of this type may hold: its own, and those that rules hand on. */
function sourcesOf(type: string, rules: readonly Carried[]): readonly string[] {
  const types = new Set([type]);
  for (const each of types) {
    for (const { from, to } of rules) if (matchesText(each, to)) types.add(from);
  }
  return [...types];
}

function carriedBy({ rule, triggers, steps }: Flow): Carried[] {
  if (rule === undefined) return [];
  const to = steps.flatMap(emittedWithPayload);
  // What is gathered over time is no one event's data.
  const single = triggers.filter(({ over, gather }) => over === undefined && gather === undefined);
  return single.flatMap(({ pattern }) => to.map((type) => ({ from: pattern.event, to: type })));
}

/** The data of a rule that says none of its own. */
const PAYLOAD = '{payload}';

function emittedWithPayload(step: Step): string[] {
  const { choice, fork } = step;
  if (fork?.kind === 'parallel') return fork.steps.flatMap(emittedWithPayload);
  if (choice !== undefined || fork !== undefined || step.kind !== 'emit') return [];
  const { emit, data } = step.input as {
    readonly emit: unknown;
    readonly data: { readonly text?: string };
  };
  return data.text === PAYLOAD ? [emit].flat().filter((type) => typeof type === 'string') : [];
}
