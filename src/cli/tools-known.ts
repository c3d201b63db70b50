import type { Configuration } from '../config.ts';
import { SignalboxError } from '../std/errors.ts';
import { builtInTools } from '../steps/tools/built-in.ts';
import { allTools } from '../steps/tools/own/shapes.ts';
import type { ToolRegistry } from '../steps/tools/registry.ts';
import { loadNamed } from './configuration.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';

/** The tools that a command knows of. */
export interface KnownTools {
  readonly registry: ToolRegistry;
  /** Whose tools are among them; undefined where there is none that can be used. */
  readonly configuration: Configuration | undefined;
}

/**
 * The built-in tools, and those of the configuration where there is one without errors: what is
 * wrong with it, `check` says.
 */
export async function toolsOf(context: CliContext, flags: Globals): Promise<KnownTools> {
  try {
    const { configuration } = await loadNamed(context, flags);
    const tools = configuration?.catalog.tools ?? new Map();
    return { registry: allTools(tools), configuration };
  } catch (error) {
    const isAbsent = error instanceof SignalboxError && error.code === 'config.missing';
    if (!isAbsent) throw error;
    return { registry: builtInTools, configuration: undefined };
  }
}
