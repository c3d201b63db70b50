import { basename, resolve } from 'node:path';
import { z } from 'zod';
import type { StepContext } from '../runs/step-kind.ts';
import type { Json } from '../std/json.ts';
import { EXIT_MEANINGS, type ExitMeaning } from './run-shape.ts';
import { filled, hasNul, inputInvalid, shown, textOf } from './written-value.ts';

/** What a `run` step runs, its templates filled in. */
export interface RunInput {
  readonly argv: readonly string[];
  /** What messages call it. */
  readonly name: string;
  readonly directory: string;
  readonly environment: { readonly [name: string]: string };
  readonly stdin: string | undefined;
  /** Whether the end of what it prints is kept, where that is too much, and not the beginning. */
  readonly keepsEnd?: boolean | undefined;
  /** Whether it is given an event log of its own, of which its end tells. */
  readonly isHeard?: boolean | undefined;
  /** What exit codes mean, beside 0, which is done, and all others, which are tried again. */
  readonly meanings: ReadonlyMap<number, ExitMeaning>;
}

const PROTOCOL: readonly (readonly [number, ExitMeaning])[] = [
  [75, 'retry'],
  [65, 'fail'],
  [10, 'noop'],
];

const rendered = z.object({
  run: z.union([z.string(), z.array(filled).min(1)]),
  cwd: filled.optional(),
  env: z.record(z.string(), filled).optional(),
  stdin: filled.optional(),
  protocol: z.literal('signalbox').optional(),
  exit: z.record(z.string(), z.enum(EXIT_MEANINGS)).optional(),
});

/** @throws SignalboxError `step.input_invalid` where a value holds what no process can be given. */
export function readRunInput({
  input,
  directory,
}: Pick<StepContext, 'input' | 'directory'>): RunInput {
  const { run, cwd = '.', env = {}, stdin, protocol, exit = {} } = rendered.parse(input);
  const argv = typeof run === 'string' ? ['/bin/sh', '-c', run] : run.map(argument);
  const own = Object.entries(exit).map(([code, meaning]) => [Number(code), meaning] as const);
  return {
    argv,
    name: typeof run === 'string' ? 'The shell' : `"${shown(basename(argv[0] ?? ''))}"`,
    directory: resolve(directory, checked(cwd, '"cwd"')),
    environment: Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, checked(value, `"env.${name}"`)]),
    ),
    stdin: stdin === undefined ? undefined : textOf(stdin),
    meanings: new Map([...(protocol === undefined ? [] : PROTOCOL), ...own]),
  };
}

function argument(value: Json, index: number): string {
  const text = checked(value, index === 0 ? 'The program' : `Argument ${index}`);
  if (index === 0 && text === '') throw inputInvalid('The program is empty; name one.');
  return text;
}

function checked(value: Json, place: string): string {
  const text = textOf(value);
  if (!hasNul(text)) return text;
  const remedy = 'Give it on standard input, or read it from $SIGNALBOX_EVENT.';
  throw inputInvalid(`${place} holds a NUL character, which no process can be given. ${remedy}`);
}
