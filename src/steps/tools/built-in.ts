import type { StepKind } from '../../runs/step-kind.ts';
import type { Processes } from '../../std/command.ts';
import { filesystemShape } from './filesystem-shape.ts';
import { filesystemTool } from './filesystem.ts';
import { gitShape } from './git-shape.ts';
import { gitTool } from './git.ts';
import { httpTool, httpToolShape } from './http.ts';
import { signalboxShape } from './signalbox-shape.ts';
import { signalboxTool, type Upkeep } from './signalbox.ts';
import { ToolRegistry } from './registry.ts';
import { toolShapeOf } from './step-shape.ts';
import type { Tool } from './tool.ts';

/** The tools that there always are, for whoever only reads flows. */
export const builtInTools = new ToolRegistry([
  filesystemShape,
  gitShape,
  httpToolShape,
  signalboxShape,
]);

/** How a `tool` step is written that uses one of them. */
export const toolShape = toolShapeOf(builtInTools);

/** What the built-in tools stand on. */
export interface BuiltInToolsOptions {
  readonly processes: Processes;
  readonly environment: { readonly [name: string]: string | undefined };
  /** The kind of step that sends requests. */
  readonly http: StepKind;
  /** Folders that are closed to tools: the data directory. */
  readonly closed: readonly string[];
  /** Does to the daemon what flows ask. */
  readonly upkeep: Upkeep;
}

/** The built-in tools, in the order of `builtInTools`. */
export function openBuiltInTools(options: BuiltInToolsOptions): readonly Tool[] {
  const { http, upkeep } = options;
  return [filesystemTool(options), gitTool(options), httpTool(http), signalboxTool(upkeep)];
}
