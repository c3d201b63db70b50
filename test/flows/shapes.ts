import { z } from 'zod';
import type { StepShape } from '../../src/flows/step-shape.ts';

/**
 * Kinds of steps as the parser sees them, each for one trait: the parser knows none by name but
 * emit.
 */
export const SHAPES: readonly StepShape[] = [
  {
    kind: 'emit',
    keys: ['data', 'subject'],
    effect: 'idempotent',
    timeoutMs: 10_000,
    schema: z
      .strictObject({
        emit: z.union([z.string(), z.array(z.string()).min(1)]),
        data: z.unknown().optional(),
        subject: z.string().optional(),
      })
      .transform(({ emit, ...rest }) => ({ types: [emit].flat(), ...rest })),
  },
  {
    kind: 'run',
    keys: ['cwd', 'env', 'shell', 'check'],
    effect: 'idempotent',
    timeoutMs: 60_000,
    schema: z.strictObject({
      run: z.union([z.string(), z.array(z.string()).min(1)]),
      cwd: z.string().optional(),
      env: z.record(z.string(), z.string()).optional(),
      shell: z.boolean().optional(),
      check: z.unknown().optional(),
    }),
    literal: ({ shell }) => (shell === true ? ['run', 'env'] : []),
  },
  {
    kind: 'http',
    keys: [],
    effect: 'ask',
    timeoutMs: 30_000,
    schema: z.strictObject({
      http: z.strictObject({
        url: z.string(),
        method: z.enum(['GET', 'POST']).default('GET'),
        json: z.json().optional(),
        headers: z.record(z.string(), z.strictObject({ value: z.string() })).optional(),
      }),
    }),
  },
  {
    kind: 'check',
    keys: [],
    usualNames: ({ check }) => (check === undefined ? [] : ['finding', 'report']),
    effect: 'idempotent',
    timeoutMs: 1_000,
    schema: z.strictObject({
      check: z.union([
        z.strictObject({ command: z.array(z.string()) }),
        z.strictObject({
          file: z.string().nullable(),
          lines: z.array(z.strictObject({ n: z.int() })),
        }),
      ]),
    }),
  },
  {
    kind: 'look',
    keys: ['at'],
    effect: 'idempotent',
    effectOf: (input) => (JSON.stringify(input).includes('touch') ? 'ask' : undefined),
    timeoutMs: 1_000,
    laterForm: (value) => (value === 'after' ? 'not before the next' : undefined),
    schema: z
      .strictObject({ look: z.string(), at: z.string().optional() })
      .superRefine(({ look }, context) => {
        if (look !== 'later') return;
        const params = { code: 'config.not_supported' };
        context.addIssue({ code: 'custom', path: ['look'], message: 'not yet', params });
      }),
  },
];
