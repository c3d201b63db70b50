import type { Problem } from '../../flows/problem.ts';
import { suggestion } from '../../std/diagnostics.ts';
import type { ActionShape, ToolShape } from './tool.ts';

/** An action of a tool, found by their names. */
export interface FoundAction {
  readonly tool: ToolShape;
  /** The action's name, also where it was left out. */
  readonly name: string;
  readonly action: ActionShape;
}

/** A name that nothing bears: which of the two, and why. */
export interface NotFound extends Problem {
  readonly of: 'tool' | 'action';
}

/** The tools that there are, by their names and aliases. */
export class ToolRegistry {
  readonly tools: readonly ToolShape[];
  readonly #byName: ReadonlyMap<string, ToolShape>;

  /** @throws TypeError where two tools have one name. */
  constructor(tools: readonly ToolShape[]) {
    this.tools = tools;
    const byName = new Map<string, ToolShape>();
    for (const tool of tools) {
      for (const name of [tool.name, ...tool.aliases]) {
        if (byName.has(name)) throw new TypeError(`two tools are called "${name}"`);
        byName.set(name, tool);
      }
    }
    this.#byName = byName;
  }

  /** The tool that a name or an alias means, or why there is none. */
  findTool(name: string): ToolShape | NotFound {
    const tool = this.#byName.get(name);
    if (tool !== undefined) return tool;
    const meant = suggestion(name, this.#byName.keys());
    if (meant === '' && isLaterTool(name)) {
      const message = `the tool "${name}" is not supported by this version; ${this.#known()}`;
      return { of: 'tool', code: 'config.not_supported', message };
    }
    const message = `there is no tool "${name}"${meant || `; ${this.#known()}`}`;
    return { of: 'tool', code: 'config.unknown_name', message };
  }

  /** The action of a tool that these names mean, or which of the two there is not. */
  find(toolName: string, actionName: string | undefined): FoundAction | NotFound {
    const tool = this.findTool(toolName);
    if (isNotFound(tool)) return tool;
    const names = Object.keys(tool.actions);
    const name = actionName ?? (names.length === 1 ? names[0] : undefined);
    if (name === undefined) {
      const message = `it is missing; "${tool.name}" has ${names.join(', ')}`;
      return { of: 'action', code: 'config.invalid', message };
    }
    const action = Object.hasOwn(tool.actions, name) ? tool.actions[name] : undefined;
    if (action !== undefined) return { tool, name, action };
    const meant = suggestion(name, names) || `; it has ${names.join(', ')}`;
    const message = `"${tool.name}" has no action "${name}"${meant}`;
    return { of: 'action', code: 'config.unknown_name', message };
  }

  #known(): string {
    return `there are ${this.tools.map(({ name }) => name).join(', ')}`;
  }
}

/** Seed 003 writes tools so: one that is near to none of ours is one that we do not have yet. */
function isLaterTool(name: string): boolean {
  return name.startsWith('tool-');
}

/** Whether a search came to nothing. */
export function isNotFound(found: object): found is NotFound {
  return 'of' in found;
}
