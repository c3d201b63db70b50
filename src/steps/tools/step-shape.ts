import { z } from 'zod';
import type { Problem } from '../../flows/problem.ts';
import type { StepShape, UsableAction } from '../../flows/step-shape.ts';
import { isFixed } from '../written-value.ts';
import { argumentProblems } from './arguments.ts';
import { type FoundAction, isNotFound, type ToolRegistry } from './registry.ts';
import type { Arguments } from './tool.ts';

const TIMEOUT_MS = 60_000;
const OWN_KEYS = ['action', 'with'];

/** A `tool` step as it is written. */
interface Written extends Arguments {
  readonly tool: string;
  readonly action?: string | undefined;
  readonly with?: Arguments | undefined;
}

const named = z.object({ tool: z.unknown(), action: z.unknown() }).catch({ tool: '', action: '' });

/** How a `tool` step is written: `{ tool, action, with }`, its arguments also beside `with`. */
export function toolShapeOf(registry: ToolRegistry): StepShape {
  const keys = argumentNames(registry);
  const find = (tool: unknown, action: unknown): FoundAction | undefined => {
    const found = registry.find(textOf(tool) ?? '', textOf(action));
    return isNotFound(found) ? undefined : found;
  };
  const schema = z
    .strictObject({
      tool: z.string(),
      action: z.string().optional(),
      with: z.record(z.string(), z.unknown()).optional(),
      ...Object.fromEntries(keys.map((key) => [key, z.unknown().optional()])),
    })
    .superRefine((step, context) => {
      for (const { path, code, message } of problemsOf(step, registry)) {
        context.addIssue({ code: 'custom', path, message, params: { code } });
      }
    })
    .transform((step) => longForm(step as Written, registry));
  return {
    kind: 'tool',
    keys: [...OWN_KEYS, ...keys],
    schema,
    effect: 'idempotent',
    effectOf: (input) => {
      const { tool, action } = named.parse(input);
      return find(tool, action)?.action.effect;
    },
    timeoutOf: (input) => {
      const { tool, action } = named.parse(input);
      return find(tool, action)?.action.timeoutMs;
    },
    usualNames: ({ tool, action }) => find(tool, action)?.action.usualNames ?? [],
    timeoutMs: TIMEOUT_MS,
    usable: (name) => usableActions(name, registry),
    laterForm: (name) => {
      const tool = registry.findTool(name);
      return isNotFound(tool) && tool.code === 'config.not_supported' ? tool.message : undefined;
    },
  };
}

/** All actions of a tool by its name, or one by `TOOL.ACTION`. */
function usableActions(name: string, registry: ToolRegistry): readonly UsableAction[] | Problem {
  const whole = registry.findTool(name);
  if (!isNotFound(whole)) {
    return Object.keys(whole.actions).map((action) => ({ tool: whole.name, action }));
  }
  const dot = name.lastIndexOf('.');
  const found = dot === -1 ? whole : registry.find(name.slice(0, dot), name.slice(dot + 1));
  if (isNotFound(found)) return { code: found.code, message: found.message };
  return [{ tool: found.tool.name, action: found.name }];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function argumentNames({ tools }: ToolRegistry): string[] {
  const actions = tools.flatMap((tool) => Object.values(tool.actions));
  return [...new Set(actions.flatMap(({ input }) => Object.keys(input.shape)))];
}

interface WrittenProblem {
  readonly path: string[];
  readonly code: string;
  readonly message: string;
}

function problemsOf(step: Written, registry: ToolRegistry): WrittenProblem[] {
  for (const key of ['tool', 'action'] as const) {
    if (isFixed(step[key] ?? '')) continue;
    const message = 'no template says which; write its name, or choose between steps by "if"';
    return [{ path: [key], code: 'config.invalid', message }];
  }
  const found = registry.find(step.tool, step.action);
  if (isNotFound(found)) return [{ path: [found.of], code: found.code, message: found.message }];
  const { beside, within } = argumentsOf(step);
  const twice = Object.keys(beside).filter((name) => Object.hasOwn(within, name));
  if (twice.length > 0) {
    const message = 'it stands in "with" too; write it once';
    return twice.map((name) => ({ path: [name], code: 'config.invalid', message }));
  }
  const all = completed(step, registry);
  return argumentProblems(found, all, isLeftOpen).map(({ path, code, message }) => {
    const isWithin = Object.hasOwn(within, path[0] ?? '');
    return { path: isWithin ? ['with', ...path] : path, code, message };
  });
}

function longForm(step: Written, registry: ToolRegistry): Arguments {
  const found = registry.find(step.tool, step.action);
  if (isNotFound(found)) return step;
  return { tool: found.tool.name, action: found.name, with: completed(step, registry) };
}

function completed(step: Written, registry: ToolRegistry): Arguments {
  const { beside, within } = argumentsOf(step);
  const found = registry.find(step.tool, step.action);
  const all = { ...beside, ...within };
  return isNotFound(found) ? all : (found.action.complete?.(all) ?? all);
}

function argumentsOf(step: Written): { readonly beside: Arguments; readonly within: Arguments } {
  const beside = Object.entries(step).filter(
    ([key, held]) => key !== 'tool' && !OWN_KEYS.includes(key) && held !== undefined,
  );
  return { beside: Object.fromEntries(beside), within: step.with ?? {} };
}

/** Whether a value as written holds a template: nobody knows yet what it will be. */
function isLeftOpen(value: unknown): boolean {
  if (typeof value === 'string') return !isFixed(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(isLeftOpen);
}
