/** The body of a process that calls a tool's module once. */
import { readFileSync, writeFileSync } from 'node:fs';
// A module may leave timers and sockets open: with its answer the process has done its work.
import { exit } from 'node:process';
import { type Json, parseJson } from '../../../std/json.ts';
import { messageOf } from '../../../std/errors.ts';
import type { ModuleAnswer, ModuleCall, ModuleEmission } from './envelope.ts';

const { module, input, about, answer } = JSON.parse(readFileSync(0, 'utf8')) as ModuleCall;

async function call(): Promise<ModuleAnswer> {
  const loaded = (await import(module)) as { readonly default?: unknown };
  if (typeof loaded.default !== 'function') {
    const message = 'its default export is no function';
    return { kind: 'failed', code: 'tool.threw', message, final: true };
  }
  const emits: ModuleEmission[] = [];
  const emit = (type: string, data: Json = null, subject?: string): void => {
    emits.push({ type, data, ...(subject !== undefined && { subject }) });
  };
  const context = { ...(about as object), emit };
  const run = loaded.default as (given: Json, context: object) => unknown;
  const output = (await run(input, context)) ?? null;
  return { kind: 'done', output: output as Json, emits };
}

/** An error says by its name what comes of it, whichever copy of Signalbox it was made by. */
function failed(error: unknown): ModuleAnswer {
  const message = messageOf(error);
  const { name, code, afterMs } = (error ?? {}) as {
    readonly name?: unknown;
    readonly code?: unknown;
    readonly afterMs?: unknown;
  };
  const isOurs = name === 'TerminalError' || name === 'RetryableError';
  return {
    kind: 'failed',
    message,
    code: isOurs && typeof code === 'string' ? code : 'tool.threw',
    final: name === 'TerminalError',
    ...(name === 'RetryableError' && typeof afterMs === 'number' && { afterMs }),
  };
}

/** @throws where nobody could read it again. */
function written(result: ModuleAnswer): string {
  const text = JSON.stringify(result);
  parseJson(text);
  return text;
}

const result = await call().catch(failed);
try {
  writeFileSync(answer, written(result));
} catch (error) {
  writeFileSync(answer, JSON.stringify(failed(error)));
}
exit(0);
