import type { Condition } from './condition.ts';
import type { JsonSchema } from './contract.ts';
import type { TemplateTree } from './template.ts';

/** A tool that a user wrote, parsed, checked and frozen. */
export interface OwnTool {
  readonly name: string;
  readonly summary: string;
  readonly version?: string | undefined;
  /** A module, looked for beside the tool's file and then in the configuration's folder. */
  readonly module?: string | undefined;
  /** Or a command. */
  readonly run?: readonly TemplateTree[] | undefined;
  /** The tool's file, relative to the configuration's folder. */
  readonly path: string;
  readonly input: JsonSchema;
  readonly output?: JsonSchema | undefined;
  /** What must hold before a call, and after it. */
  readonly pre: readonly ToolCheck[];
  readonly post: readonly ToolCheck[];
  readonly effect: 'idempotent' | 'ask';
  readonly risk: ToolRisk;
  readonly timeoutMs: number;
  /** Where given: the types of events that a call may emit, and must emit one of. */
  readonly emits?: readonly string[] | undefined;
  /** The types of events, or what they begin with, that the flow of its name answers by a call. */
  readonly answers: readonly string[];
}

/** What has to hold: an expression that is true, or a command that exits with 0. */
export type ToolCheck = Condition | CommandCheck;

export interface CommandCheck {
  readonly text: string;
  readonly command: readonly TemplateTree[];
}

/** How much harm a tool can do where it goes wrong, or is asked for by the wrong text. */
export type ToolRisk = 'low' | 'medium' | 'high';
