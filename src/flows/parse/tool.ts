import { z } from 'zod';
import { TYPE_LENGTH_MAX, textProblem } from '../../events/event.ts';
import { deepFreeze } from '../../std/deep-freeze.ts';
import { suggestion } from '../../std/diagnostics.ts';
import { compileCondition } from '../condition.ts';
import { contractOf, type JsonSchema, objectContractOf, schemaOf } from '../contract.ts';
import type { Names } from '../names.ts';
import type { Problem } from '../problem.ts';
import { compileText } from '../template-compiler.ts';
import { scanTemplate } from '../template-scanner.ts';
import type { TemplateTree } from '../template.ts';
import type { OwnTool, ToolCheck } from '../tool.ts';
import type { Variables } from '../variables.ts';
import { spanSchema } from './duration-schema.ts';
import { isFlowName } from './flow-name.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { placeAt, type YamlMapping } from './yaml-node.ts';

const TIMEOUT_MS = 60_000;
const ARGV_MAX = 256;
const CHECKS_MAX = 20;
const TYPES_MAX = 100;
const TEXT_LENGTH_MAX = 4_096;

const LIST = 'is a list of the program and its arguments, as in [node, stage.mjs, "{input.path}"]';
const text = z.string().max(TEXT_LENGTH_MAX);
const json = z.custom<JsonSchema>((value) => typeof value === 'object' && value !== null, {
  error: 'is a mapping such as { name: string }, or JSON Schema',
});
const argv = z.array(text, { error: LIST }).min(1, LIST).max(ARGV_MAX);
const byCommand = z.strictObject({ command: argv });
const check = z.union([text, byCommand]);
const checks = z
  .union([
    text.transform((one) => [one]),
    byCommand.transform((one) => [one]),
    z.array(check).max(CHECKS_MAX),
  ])
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
    run: argv.optional(),
    /** Read by the flow that it makes. */
    on: z.unknown().optional(),
    /** Read for the steps that use it. */
    compensate: z.unknown().optional(),
    input: json.default({}),
    output: json.optional(),
    pre: checks,
    post: checks,
    effect: z.enum(['idempotent', 'ask']).optional(),
    risk: z.enum(['low', 'medium', 'high']).default('low'),
    timeout: spanSchema.default(TIMEOUT_MS),
    emits: z.array(type).min(1).max(TYPES_MAX).optional(),
  })
  .superRefine(({ module, run }, context) => {
    if ((module === undefined) !== (run === undefined)) return;
    context.addIssue({ code: 'custom', message: 'it has either "module" or "run"' });
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
  const reading = { report, what: 'a tool' };
  const read = readWith<z.output<typeof schema>>(schema, mapping, reading);
  if (read === undefined) return undefined;
  const input = schemaOf(read.input);
  const place = new ToolPlace(mapping, context, input);
  const output = read.output && schemaOf(read.output);
  place.check('input', objectContractOf(input));
  if (output !== undefined) place.check('output', contractOf(output));
  const pre = place.checks('pre', read.pre, CALL);
  const post = place.checks('post', read.post, RETURN);
  const run = read.run && place.command(['run'], read.run, CALL);
  if (place.isWrong) return undefined;
  const { tool: name, summary = `The tool ${name}.`, version, module, risk, emits } = read;
  const effect = read.effect ?? (risk === 'low' ? 'idempotent' : 'ask');
  const answers = eventsOf(read.on);
  const contract = {
    input,
    output,
    pre,
    post,
    effect,
    risk,
    timeoutMs: read.timeout,
    emits,
    answers,
  };
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

function namesIn({ properties = {} }: JsonSchema): string[] {
  return Object.keys(Object(properties) as object);
}

/** The templates `{input.NAME}` of what a tool does not take. */
function unknownInputs(word: string, known: readonly string[] | undefined): Problem[] {
  if (known === undefined || !word.includes('{')) return [];
  return scanTemplate(word).flatMap((part): Problem[] => {
    const [root, field] = part.kind === 'path' ? part.path : [];
    if (root !== 'input' || field === undefined || known.includes(String(field))) return [];
    const meant = suggestion(String(field), known) || `; it takes ${known.join(', ') || 'none'}`;
    const message = `the tool takes no "${field}"${meant}`;
    return [{ code: 'config.unknown_name', message }];
  });
}

type WrittenCheck = z.output<typeof check>;

/** The types that `on` names, for who looks at the tool; what is wrong with it, its flow says. */
function eventsOf(on: unknown): string[] {
  return (Array.isArray(on) ? on : [on]).flatMap((each: unknown) => {
    const event = typeof each === 'object' && each !== null && 'event' in each ? each.event : each;
    return typeof event === 'string' ? [event] : [];
  });
}

/** Reads the parts of one file, and knows whether any was wrong. */
class ToolPlace {
  readonly #mapping: YamlMapping;
  readonly #context: ToolContext;
  /** The names of what it takes; undefined where it takes any. */
  readonly #inputs: readonly string[] | undefined;
  isWrong = false;

  constructor(mapping: YamlMapping, context: ToolContext, input: JsonSchema) {
    this.#mapping = mapping;
    this.#context = context;
    this.#inputs = input['additionalProperties'] === false ? namesIn(input) : undefined;
  }

  check(key: string, made: { readonly problem: string } | object): void {
    if ('problem' in made) this.#report([key], 'config.invalid', `"${key}" ${made.problem}`);
  }

  checks(key: string, written: readonly WrittenCheck[], names: Names): ToolCheck[] {
    return written.flatMap((each, index): ToolCheck[] => {
      if (typeof each !== 'string') {
        const command = this.command([key, index, 'command'], each.command, names);
        return [{ command, text: each.command.join(' ') }];
      }
      const compiled = compileCondition(each, names);
      if (compiled.kind === 'compiled') return [compiled.value];
      for (const { code, message } of compiled.problems) this.#report([key, index], code, message);
      return [];
    });
  }

  command(path: readonly PropertyKey[], words: readonly string[], names: Names): TemplateTree[] {
    const { variables } = this.#context;
    return words.map((word, index) => {
      const { value, problems: found } = compileText(word, { names, variables });
      const problems = [...found, ...unknownInputs(word, this.#inputs)];
      for (const { code, message } of problems) this.#report([...path, index], code, message);
      return value;
    });
  }

  #report(path: readonly PropertyKey[], code: string, message: string): void {
    this.isWrong = true;
    this.#context.report({ at: placeAt(this.#mapping, path), code, message });
  }
}
