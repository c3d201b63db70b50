import { z } from 'zod';
import { TYPE_LENGTH_MAX, textProblem } from '../../events/event.ts';
import { deepFreeze } from '../../std/deep-freeze.ts';
import { compileCondition, type Condition } from '../condition.ts';
import { contractOf, type JsonSchema, objectContractOf, schemaOf } from '../contract.ts';
import type { Names } from '../names.ts';
import { compileText } from '../template-compiler.ts';
import type { TemplateTree } from '../template.ts';
import type { OwnTool } from '../tool.ts';
import type { Variables } from '../variables.ts';
import { spanSchema } from './duration-schema.ts';
import { isFlowName } from './flow-name.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { placeAt, type YamlMapping } from './yaml-node.ts';

const TIMEOUT_MS = 60_000;
const ARGV_MAX = 256;
const CONDITIONS_MAX = 20;
const TYPES_MAX = 100;
const TEXT_LENGTH_MAX = 4_096;

/** Keys of a tool's file that later versions bring. */
const LATER: ReadonlySet<string> = new Set(['compensate', 'on']);

const LIST = 'is a list of the program and its arguments, as in [node, stage.mjs, "{input.path}"]';
const text = z.string().max(TEXT_LENGTH_MAX);
const json = z.custom<JsonSchema>((value) => typeof value === 'object' && value !== null, {
  error: 'is a mapping such as { name: string }, or JSON Schema',
});
const conditions = z
  .union([text.transform((one) => [one]), z.array(text).max(CONDITIONS_MAX)])
  .default([]);

const type = z.string().superRefine((name, context) => {
  const message = textProblem('a type', name, TYPE_LENGTH_MAX);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const schema = z
  .strictObject({
    tool: z.string().refine(isFlowName, 'names no tool: use letters, digits and "_.:-"'),
    summary: text.optional(),
    version: z.union([text, z.number()]).transform(String).optional(),
    module: text.min(1, 'it is empty').optional(),
    run: z.array(text, { error: LIST }).min(1, LIST).max(ARGV_MAX).optional(),
    input: json.default({}),
    output: json.optional(),
    pre: conditions,
    post: conditions,
    effect: z.enum(['idempotent', 'ask']).optional(),
    risk: z.enum(['low', 'medium', 'high']).default('low'),
    timeout: spanSchema.default(TIMEOUT_MS),
    emits: z.array(type).min(1).max(TYPES_MAX).optional(),
  })
  .superRefine(({ module, run, emits }, context) => {
    const message =
      (module === undefined) === (run === undefined)
        ? 'it has either "module" or "run"'
        : emits !== undefined && module === undefined
          ? '"emits" is not supported by this version for "run"; write a module'
          : undefined;
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const CALL: Names = { known: ['input', 'event', 'payload'], steps: [], place: 'in a tool' };
const RETURN: Names = { ...CALL, known: [...CALL.known, 'output'] };

/** What a tool's file is read with. */
export interface ToolContext {
  /** The file, relative to the configuration's folder. */
  readonly path: string;
  readonly variables: Variables;
  readonly report: Report;
}

/** Whether a file is a tool's, by its first key. */
export function isToolFile(mapping: YamlMapping): boolean {
  const [first] = mapping.entries.keys();
  return first === 'tool';
}

/** Reads a tool's file; undefined where it is wrong, all of which is reported. */
export function parseTool(mapping: YamlMapping, context: ToolContext): OwnTool | undefined {
  const { report, path } = context;
  const reading = { report, what: 'a tool', later: LATER };
  const read = readWith<z.output<typeof schema>>(schema, mapping, reading);
  if (read === undefined) return undefined;
  const place = new ToolPlace(mapping, context);
  const input = schemaOf(read.input);
  const output = read.output && schemaOf(read.output);
  place.check('input', objectContractOf(input));
  if (output !== undefined) place.check('output', contractOf(output));
  const pre = place.conditions('pre', read.pre, CALL);
  const post = place.conditions('post', read.post, RETURN);
  const run = read.run && place.command(read.run);
  if (place.isWrong) return undefined;
  const { tool: name, summary = `The tool ${name}.`, version, module, risk, emits } = read;
  const effect = read.effect ?? (risk === 'low' ? 'idempotent' : 'ask');
  const contract = { input, output, pre, post, effect, risk, timeoutMs: read.timeout, emits };
  return deepFreeze({
    name,
    summary,
    version,
    module,
    run,
    path,
    ...contract,
  });
}

/** Reads the parts of one file, and knows whether any was wrong. */
class ToolPlace {
  readonly #mapping: YamlMapping;
  readonly #context: ToolContext;
  isWrong = false;

  constructor(mapping: YamlMapping, context: ToolContext) {
    this.#mapping = mapping;
    this.#context = context;
  }

  check(key: string, made: { readonly problem: string } | object): void {
    if ('problem' in made) this.#report([key], 'config.invalid', `"${key}" ${made.problem}`);
  }

  conditions(key: string, texts: readonly string[], names: Names): Condition[] {
    return texts.flatMap((each, index) => {
      const compiled = compileCondition(each, names);
      if (compiled.kind === 'compiled') return [compiled.value];
      for (const { code, message } of compiled.problems) this.#report([key, index], code, message);
      return [];
    });
  }

  command(words: readonly string[]): TemplateTree[] {
    const { variables } = this.#context;
    return words.map((word, index) => {
      const { value, problems } = compileText(word, { names: CALL, variables });
      for (const { code, message } of problems) this.#report(['run', index], code, message);
      return value;
    });
  }

  #report(path: readonly PropertyKey[], code: string, message: string): void {
    this.isWrong = true;
    this.#context.report({ at: placeAt(this.#mapping, path), code, message });
  }
}
