import { deepFreeze } from '../std/deep-freeze.ts';
import { type Finding, sortFindings } from '../std/diagnostics.ts';
import type { SourceFile } from './catalog.ts';
import type { Choreography } from './choreography.ts';
import type { Flow } from './flow.ts';
import { reportCalls } from './parse/calls.ts';
import { elsewhere, isChoreographyFile } from './parse/choreography.ts';
import { ChoreographyTable } from './parse/choreography-table.ts';
import { readChain, type ReadPart, readPart, splitChain } from './parse/chain.ts';
import { newMentions } from './parse/context.ts';
import { reportAnswers } from './parse/answers.ts';
import { reportWaits } from './parse/wait-circles.ts';
import { emittedByTools } from './parse/tool-emits.ts';
import { reportCycles } from './parse/cycles.ts';
import { FlowTable } from './parse/flow-table.ts';
import type { WrittenFlow } from './parse/flow.ts';
import { checkKeys } from './parse/keys.ts';
import { LATER_FILE_KEYS } from './parse/later-keys.ts';
import { reportNearMisses } from './parse/near-misses.ts';
import { type Recipients, reportRecipients } from './parse/recipients.ts';
import { PROFILE_KEYS } from './parse/orchestrator.ts';
import { limitOverlaps } from './parse/overlaps.ts';
import type { Report } from './parse/report.ts';
import { limitSources } from './parse/source-limits.ts';
import {
  handlersNamed,
  parseSources,
  reportHandlers,
  uniqueSources,
  type WrittenSource,
} from './parse/sources.ts';
import { isToolFile, parseTool } from './parse/tool.ts';
import { reportToolEvents } from './parse/tool-events.ts';
import { addToolFlows } from './parse/tool-flow.ts';
import { readToolUndos } from './parse/tool-undos.ts';
import { valueOf, type YamlMapping, type YamlNode } from './parse/yaml-node.ts';
import type { SourceDefinition } from './source.ts';
import type { SourceSettings, SourceShape } from './source-shape.ts';
import type { StepShape } from './step-shape.ts';
import type { OwnTool } from './tool.ts';
import { sagasOf } from './saga.ts';
import { type NoteSecret, notingSecrets } from './secret-reference.ts';
import type { Variables } from './variables.ts';

export interface ParseOptions {
  /** The kinds of steps that there are. */
  readonly shapes: readonly StepShape[];
  /** The same where the files bring these tools. */
  readonly shapesWith?: (tools: ReadonlyMap<string, OwnTool>) => readonly StepShape[];
  /** The types of sources that there are. */
  readonly sourceShapes?: readonly SourceShape[];
  readonly variables: Variables;
  readonly settings: SettingsReader;
  /** Told of each secret that the files refer to. */
  readonly noteSecret?: NoteSecret;
}

/** Reads what the configuration file says beside its flows and sources. */
export interface SettingsReader {
  readonly keys: readonly string[];
  /** Reports what may stand in none of the files, whatever is laid over it. */
  check?(mapping: YamlMapping, report: Report): void;
  /** Gives what sources depend on; undefined where that is not known. */
  read(mapping: YamlMapping, report: Report): SourceSettings | undefined;
  /** Whom steps may have told, once the settings are read; undefined where that is not known. */
  recipients?(): Recipients | undefined;
}

/**
 * What the files hold. Where a finding is an error, what it is about may be missing: whoever goes
 * on in spite of it answers for that.
 */
export interface ParsedFiles {
  readonly flows: ReadonlyMap<string, Flow>;
  readonly choreographies: ReadonlyMap<string, Choreography>;
  readonly sources: ReadonlyMap<string, SourceDefinition>;
  readonly tools: ReadonlyMap<string, OwnTool>;
  readonly findings: readonly Finding[];
}

/**
 * Parses the files of a configuration, the main one first, and says all that is wrong with them.
 * A profile that is laid over the main one comes before it, one that is laid under it behind it.
 *
 * The flows are frozen. Never throws for what a file holds.
 */
export function parseFiles(files: readonly SourceFile[], options: ParseOptions): ParsedFiles {
  const findings: Finding[] = [];
  const mentions = newMentions();
  const sourceShapes = new Map(options.sourceShapes?.map((shape) => [shape.type, shape]));
  const { variables, noteSecret = () => {} } = options;
  const ofSteps = notingSecrets(variables, noteSecret);
  const table = new FlowTable();
  const choreographies = new ChoreographyTable(table);
  const { chain, further } = splitChain(files);
  const main = readChain(chain, findings);
  for (const { mapping, report } of main.parts) {
    if (mapping !== undefined) options.settings.check?.(mapping, report);
  }
  const written: WrittenSource[] = [];
  const handled = new Set<string>();
  let settings: SourceSettings | undefined;
  const parts = further.map((file) => ({ path: file.path, ...readPart(file, findings) }));
  const tools = readTools(parts, variables);
  const kinds = options.shapesWith?.(tools) ?? options.shapes;
  const shapes = new Map(kinds.map((shape) => [shape.kind, shape]));
  const reading = { shapes, variables: ofSteps, mentions };
  const context = { ...reading, undos: readToolUndos({ parts, tools, ...reading }) };
  for (const part of [main, ...parts]) {
    const { mapping, report } = part;
    if (mapping === undefined || (part !== main && isToolFile(mapping))) continue;
    if (part !== main && isChoreographyFile(mapping)) {
      choreographies.add({ ...part, mapping }, context);
      continue;
    }
    if (part === main) settings = readMain(mapping, options.settings, report);
    else checkFurther(mapping, options.settings, report);
    const from = { report, shapes: sourceShapes, variables, settings, noteSecret };
    const sources = valueOf(mapping, 'sources');
    if (sources !== undefined) {
      written.push(...parseSources(sources, from));
      handlersNamed(sources).forEach((name) => handled.add(name));
    }
    for (const each of writtenFlows(mapping, report)) {
      const place = (): string => part.place(each.at);
      table.add(each, { ...context, report, flow: each.name }, place);
    }
  }
  addToolFlows(table, { parts, tools, ...context });
  choreographies.reportNames();
  const sources = joinSources(written, table);
  reportCalls(mentions.called, table);
  markSagas(table);
  table.reportUnused(new Set([...mentions.called.map(({ calls }) => calls), ...handled]));
  const told = new Set([...written, ...tools.values()].flatMap(({ emits = [] }) => emits));
  const { all } = choreographies;
  const { flows } = table;
  reportNearMisses(mentions, told, flows);
  reportRecipients(mentions.notified, options.settings.recipients?.());
  reportAnswers({ mentions, flows, choreographies: all, told });
  reportToolEvents({ parts, tools, mentions, flows });
  reportWaits({ mentions, flows, told });
  const byTools = emittedByTools(mentions.tools, tools);
  reportCycles({ ...mentions, emitted: [...mentions.emitted, ...byTools] }, flows);
  return { flows, choreographies: all, sources, tools, findings: sortFindings(findings) };
}

/** Tells the flows whose runs can be undone that they are. */
function markSagas(table: FlowTable): void {
  for (const [name, sagas] of sagasOf(table.flows)) {
    table.change(name, (flow) => ({ ...flow, isSaga: true, sagas }));
  }
}

/** The tools that have files of their own. */
function readTools(
  parts: readonly (ReadPart & { readonly path: string })[],
  variables: Variables,
): ReadonlyMap<string, OwnTool> {
  const tools = new Map<string, OwnTool>();
  const places = new Map<string, string>();
  for (const { mapping, path, report, place } of parts) {
    if (mapping === undefined || !isToolFile(mapping)) continue;
    const tool = parseTool(mapping, { path, variables, report });
    if (tool === undefined) continue;
    const { name } = tool;
    const first = places.get(name);
    if (first !== undefined) {
      const message = `the tool "${name}" is already defined at ${first}; rename one of the two`;
      report({ at: mapping.at, code: 'config.duplicate', message });
      continue;
    }
    places.set(name, place(mapping.at));
    tools.set(name, tool);
  }
  return tools;
}

/** Has the flows hear the sources that name them. */
function joinSources(
  written: readonly WrittenSource[],
  table: FlowTable,
): ReadonlyMap<string, SourceDefinition> {
  const sources = uniqueSources(written);
  reportHandlers(sources, table);
  for (const { definition, trigger } of sources) {
    for (const handler of definition.handlers) table.hear(handler, trigger);
  }
  limitOverlaps(sources, table);
  limitSources(sources, table);
  return new Map(sources.map(({ definition }) => [definition.name, deepFreeze(definition)]));
}

const SECTIONS = ['flows', 'handlers'] as const;
/** What any file of a configuration may hold. */
const PARTS: readonly string[] = [...SECTIONS, 'sources'];

function readMain(
  mapping: YamlMapping,
  settings: SettingsReader,
  report: Report,
): SourceSettings | undefined {
  const known = [...PARTS, ...settings.keys, ...PROFILE_KEYS];
  checkKeys(mapping, { what: 'this file', known, later: LATER_FILE_KEYS, elsewhere }, report);
  return settings.read(mapping, report);
}

function checkFurther(mapping: YamlMapping, settings: SettingsReader, report: Report): void {
  const belongs = (key: string): string | undefined =>
    [...settings.keys, ...PROFILE_KEYS].includes(key)
      ? 'it belongs in the configuration file itself'
      : elsewhere(key);
  const what = 'a file of flows';
  const keys = { what, known: PARTS, later: LATER_FILE_KEYS, elsewhere: belongs };
  checkKeys(mapping, keys, report);
}

function writtenFlows(mapping: YamlMapping, report: Report): WrittenFlow[] {
  return SECTIONS.flatMap((section) => {
    const node = valueOf(mapping, section);
    if (node === undefined || isEmpty(node)) return [];
    if (node.kind === 'mapping') {
      return Array.from(node.entries, ([name, { at, value }]) => ({
        name,
        at,
        node: value,
        section,
      }));
    }
    const message = `"${section}" is a mapping of names to ${section}`;
    report({ at: node.at, code: 'config.invalid', message });
    return [];
  });
}

function isEmpty(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** How far into a file its first key may stand. */
const LEADING_LINES_MAX = 1_000;

/** Whether a file is a scenario, by its first key: it lies among the flows and holds none. */
export function isScenario(text: string): boolean {
  const lines = text.split('\n', LEADING_LINES_MAX);
  const first = lines.find((line) => !/^\s*(#|---|$)/.test(line));
  return first !== undefined && /^["']?test["']?\s*:/.test(first);
}
