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
  readonly pre: readonly Condition[];
  readonly post: readonly Condition[];
  readonly effect: 'idempotent' | 'ask';
  readonly risk: ToolRisk;
  readonly timeoutMs: number;
  /** Where given: the types of events that a call may emit, and must emit one of. */
  readonly emits?: readonly string[] | undefined;
}

/** How much harm a tool can do where it goes wrong, or is asked for by the wrong text. */
export type ToolRisk = 'low' | 'medium' | 'high';
