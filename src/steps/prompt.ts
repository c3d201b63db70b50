import type { Proposed } from '../gates/content.ts';
import type { ProposedCall, StepContext, StepKind, StepResult } from '../runs/step-kind.ts';
import { noRedaction, type Redaction, redaction } from '../std/redact.ts';
import { HttpPools } from './http-pools.ts';
import type { ModelClient } from './model.ts';
import { plus, type Usage } from '../runs/usage.ts';
import { type Model, modelOf, type Models } from './models.ts';
import { budgetProblem, tokensAllowed, usageFor } from './prompt-budget.ts';
import { type PromptInput, readPromptInput } from './prompt-input.ts';
import { resultOf } from './prompt-result.ts';
import { type ModelTool, readSaid, spentIn, toolsNamed } from './prompt-tools.ts';
import { promptShape } from './prompt-shape.ts';
import type { FindTool } from './tools/own/call.ts';
import { withInput } from './written-value.ts';

/** What a `prompt` step needs of its surroundings. */
export interface PromptOptions {
  readonly client: ModelClient;
  /** `models` of the configuration. */
  readonly models: Models;
  /** Where keys are looked for that no configuration names. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** Finds the tools that catalogs bring. */
  readonly findTool?: FindTool | undefined;
  /** Takes secrets out of what is told of an answer, before it is cut. */
  readonly redaction?: Redaction | undefined;
}

/**
 * Asks a model once, and gives its answer: the text, or the object where the step has a `schema`.
 * A provider that has asked us to stay away is not asked before its time.
 *
 * A step with `tools` is several of these, one a round: its result is then what the model said and
 * which tools it wants to call. It calls none itself.
 */
export function promptStep(options: PromptOptions): StepKind {
  const { client, models, environment, redaction: known = noRedaction } = options;
  const { findTool = async () => undefined } = options;
  const pools = new HttpPools();
  const execute = (context: StepContext): Promise<StepResult> =>
    withInput(context, readPromptInput, async (input) => {
      const model = modelOf(input.model, models, environment);
      if (model === undefined) return NO_MODEL;
      const spent = plus(spentIn(input.said), context.spent);
      const problem = budgetProblem(input, spent, model);
      if (problem !== undefined) return { kind: 'fail', error: problem };
      const url = new URL(model.url);
      const parked = pools.parked(url, context.now);
      if (parked !== undefined) return parked;
      const ofKey = redaction([model.key]);
      const both: Redaction = {
        text: (text) => known.text(ofKey.text(text)),
        json: (text) => known.json(ofKey.json(text)),
      };
      const tools = await toolsNamed(input.tools ?? [], context.catalog, findTool);
      const question = { input, model, redaction: both, tools, spent };
      return ask(question, context, client, (status, result) =>
        pools.note({ url, status }, result, context.now),
      );
    });
  const propose = async ({ input }: ProposedCall): Promise<Proposed> => {
    const { prompt, model, system, tools } = readPromptInput({ input });
    const body =
      system === undefined && tools === undefined
        ? prompt
        : { ...(system !== undefined && { system }), prompt, ...(tools && { tools: [...tools] }) };
    const content = {
      kind: 'message',
      to: `model ${model ?? 'default'}`,
      subject: null,
      body,
    } as const;
    return { content, files: [], unbound: ['what the model answers'] };
  };
  return { shape: promptShape, inputKeys: ['said', 'last'], propose, execute };
}

const NO_MODEL: StepResult = {
  kind: 'fail',
  error: {
    code: 'prompt.no_model',
    message:
      'No model is configured. Write one under "models", as in ' +
      'models: { default: { provider: anthropic, model: NAME, key: "${ANTHROPIC_API_KEY}" } }, ' +
      'or set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY for the daemon.',
    happened: 'no',
  },
};

interface Question {
  readonly input: PromptInput;
  readonly model: Model;
  readonly redaction: Redaction;
  readonly tools: readonly ModelTool[];
  /** What was paid for before, by attempts and rounds of the step. */
  readonly spent: Usage | undefined;
}

async function ask(
  { input, model, redaction: known, tools, spent }: Question,
  { key, signal, now }: StepContext,
  client: ModelClient,
  note: (status: number | undefined, result: StepResult) => void,
): Promise<StepResult> {
  const { prompt, system, schema, temperature, isLast } = input;
  const tokensMax = tokensAllowed(input, spent, model);
  const said = readSaid(input.said);
  const question = { prompt, system, schema, temperature, tokensMax, tools, said, isLast };
  const outcome = await client.ask({ ...question, model, key, signal });
  const usage = usageFor(outcome.tokens, model);
  const result = resultOf(outcome, { input, model, usage, redaction: known, now, spent });
  note(outcome.kind === 'refused' ? outcome.status : undefined, result);
  return result;
}
