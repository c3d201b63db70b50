import { fileURLToPath } from 'node:url';
import type { Json } from '../../std/json.ts';
import { asFile, type Document } from './document.ts';

/** A tool that code has written, as a tool's file would hold it. */
export interface ToolDefinition {
  readonly name: string;
  /** The file but for its first key, `tool`. */
  readonly document: { readonly [key: string]: Json };
}

/** An expression in CEL, or a command. */
export type ToolCheck = string | { readonly command: readonly string[] };

/** What a tool is: the same keys as in its file. */
export interface ToolSettings {
  /** What it does, in a sentence. */
  readonly summary?: string;
  /**
   * Its code: a module whose default export is called with the input, in a process of its own. A
   * path is relative to the folder of the configuration.
   */
  readonly module?: string | URL;
  /** Or a command, which gets the input as JSON on standard input. */
  readonly run?: readonly string[];
  /** What it takes: `{ name: 'string' }`, or JSON Schema of an object. */
  readonly input?: Document;
  /** What it gives, in the same way, or any JSON Schema. */
  readonly output?: Document;
  /** The events that it answers by itself: each is a run of the flow that has its name. */
  readonly on?: Document[string] | readonly (string | Document)[];
  /** What must hold before the call: CEL over `input`, or a command that must exit with 0. */
  readonly pre?: ToolCheck | readonly ToolCheck[];
  /** What must hold after it, over `input` and `output`. */
  readonly post?: ToolCheck | readonly ToolCheck[];
  /** What undoes a call: a step, as in a flow's file. */
  readonly compensate?: Document;
  /** What to do about a call that may or may not have happened. */
  readonly effect?: 'idempotent' | 'ask';
  readonly risk?: 'low' | 'medium' | 'high';
  /** How long one call may take, such as `30s`. */
  readonly timeout?: string;
  /** The types of events that it may emit; it must emit one of them. */
  readonly emits?: readonly string[];
}

/**
 * A tool for flows, whose code runs in a process of its own: never in the loop of the engine, ended
 * at its timeout, and where it crashes only the attempt has failed.
 *
 * @example
 *   tool('compose', { input: { name: 'string' }, module: './compose.mjs' });
 *
 * @throws SignalboxError `config.invalid` where it holds what no file can, such as a function.
 */
export function tool(name: string, settings: ToolSettings): ToolDefinition {
  const { module, ...rest } = settings;
  const path = module instanceof URL ? fileURLToPath(module) : module;
  const document = asFile({ ...rest, module: path }, `The tool "${name}"`);
  return { name, document: document as ToolDefinition['document'] };
}

/** The text of a tool's file. */
export function toolFileOf({ name, document }: ToolDefinition): string {
  return `${JSON.stringify({ tool: name, ...document }, undefined, 1)}\n`;
}
