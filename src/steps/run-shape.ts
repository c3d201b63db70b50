import { z } from 'zod';
import { formatPath } from '../flows/path.ts';
import { SCOPE_NAMES } from '../flows/scope.ts';
import type { StepShape } from '../flows/step-shape.ts';
import { scanTemplate } from '../flows/template-scanner.ts';
import { hasNul, scalar } from './written-value.ts';

/** What an exit code means: the step is done, done without having done anything, or failed. */
export const EXIT_MEANINGS = ['done', 'noop', 'retry', 'fail'] as const;
export type ExitMeaning = (typeof EXIT_MEANINGS)[number];

const TIMEOUT_MS = 10 * 60_000;
const LIST = 'a list such as [node, notes.mjs, "{payload.version}"]';

const environment = z.record(z.string(), scalar).superRefine((entries, context) => {
  for (const name of Object.keys(entries)) {
    const message = nameProblem(name);
    if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
  }
});

const exit = z.record(z.string(), z.enum(EXIT_MEANINGS)).superRefine((entries, context) => {
  for (const code of Object.keys(entries)) {
    const message = 'an exit code is a number from 0 to 255';
    if (!isExitCode(code)) context.addIssue({ code: 'custom', path: [code], message });
  }
});

const schema = z
  .strictObject({
    run: z.union([z.string(), z.array(scalar)]),
    cwd: z.string().min(1, 'it is empty; name a folder').optional(),
    env: environment.optional(),
    stdin: z.string().optional(),
    shell: z.boolean().optional(),
    protocol: z.literal('signalbox').optional(),
    exit: exit.optional(),
  })
  .superRefine(({ run, shell }, context) => {
    const message = typeof run === 'string' ? textProblem(run, shell) : listProblem(run, shell);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['run'], message });
  });

/** How a `run` step is written. */
export const runShape: StepShape = {
  secretPlaces: ['env', 'stdin'],
  kind: 'run',
  keys: ['cwd', 'env', 'stdin', 'shell', 'protocol', 'exit'],
  schema,
  effect: 'idempotent',
  timeoutMs: TIMEOUT_MS,
  literal: ({ shell }) => (shell === true ? ['run'] : []),
};

function nameProblem(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return 'a name is letters, digits and "_", as in API_URL';
  return name.startsWith('SIGNALBOX_') ? 'names that begin with SIGNALBOX_ are ours' : undefined;
}

function isExitCode(text: string): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= 255;
}

function listProblem(run: readonly unknown[], shell = false): string | undefined {
  if (shell) return 'a list is run without a shell; write a text, or remove "shell"';
  if (run.length === 0) return `the list is empty; write ${LIST}`;
  return run[0] === '' ? `it names no program; write ${LIST}` : undefined;
}

function textProblem(run: string, shell = false): string | undefined {
  if (!shell) return `a text needs "shell: true"; without a shell, write ${LIST}`;
  if (run.trim() === '') return 'it is empty; write a command';
  if (hasNul(run)) return 'it holds a NUL character; remove it';
  const template = templateIn(run);
  return template === undefined
    ? undefined
    : `nothing is filled into a shell's text, where it could be run; ` +
        `write env: { VALUE: "${template}" } and use "$VALUE"`;
}

/** Something in a shell's text that was meant as a template. Other braces are the shell's. */
function templateIn(text: string): string | undefined {
  for (const part of scanTemplate(text)) {
    if (part.kind === 'expression') return `\${{ ${part.text} }}`;
    if (part.kind === 'path' && (SCOPE_NAMES as readonly string[]).includes(part.path[0])) {
      return `{${formatPath(part.path)}}`;
    }
  }
  return undefined;
}
