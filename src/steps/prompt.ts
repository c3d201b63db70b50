import type { Proposed } from '../gates/content.ts';
import type { ProposedCall, StepContext, StepKind, StepResult } from '../runs/step-kind.ts';
import { type Redact, redactor } from '../std/redact.ts';
import { HttpPools } from './http-pools.ts';
import type { ModelClient } from './model.ts';
import { type Model, modelOf, type Models } from './models.ts';
import { budgetProblem, tokensAllowed, usageFor } from './prompt-budget.ts';
import { type PromptInput, readPromptInput } from './prompt-input.ts';
import { resultOf } from './prompt-result.ts';
import { promptShape } from './prompt-shape.ts';
import { withInput } from './written-value.ts';

/** What a `prompt` step needs of its surroundings. */
export interface PromptOptions {
  readonly client: ModelClient;
  /** `models` of the configuration. */
  readonly models: Models;
  /** Where keys are looked for that no configuration names. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** Takes secrets out of what is told of an answer, before it is cut. */
  readonly redact?: Redact | undefined;
}

/**
 * Asks a model once, and gives its answer: the text, or the object where the step has a `schema`.
 * A provider that has asked us to stay away is not asked before its time. The model gets no tools.
 */
export function promptStep(options: PromptOptions): StepKind {
  const { client, models, environment, redact: known = (text) => text } = options;
  const pools = new HttpPools();
  const execute = (context: StepContext): Promise<StepResult> =>
    withInput(context, readPromptInput, async (input) => {
      const model = modelOf(input.model, models, environment);
      if (model === undefined) return NO_MODEL;
      const problem = budgetProblem(input, context.spent, model);
      if (problem !== undefined) return { kind: 'fail', error: problem };
      const url = new URL(model.url);
      const parked = pools.parked(url, context.now);
      if (parked !== undefined) return parked;
      const withoutKey = redactor([model.key]);
      const redact: Redact = (text) => known(withoutKey(text));
      return ask({ input, model, redact }, context, client, (status, result) =>
        pools.note({ url, status }, result, context.now),
      );
    });
  const propose = async ({ input }: ProposedCall): Promise<Proposed> => {
    const { prompt, model, system } = readPromptInput({ input });
    const body = system === undefined ? prompt : { system, prompt };
    const content = {
      kind: 'message',
      to: `model ${model ?? 'default'}`,
      subject: null,
      body,
    } as const;
    return { content, files: [], unbound: ['what the model answers'] };
  };
  return { shape: promptShape, propose, execute };
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
  readonly redact: Redact;
}

async function ask(
  { input, model, redact }: Question,
  { key, signal, spent, now }: StepContext,
  client: ModelClient,
  note: (status: number | undefined, result: StepResult) => void,
): Promise<StepResult> {
  const { prompt, system, schema, temperature } = input;
  const tokensMax = tokensAllowed(input, spent, model);
  const question = { prompt, system, schema, temperature, tokensMax };
  const outcome = await client.ask({ ...question, model, key, signal });
  const usage = usageFor(outcome.tokens, model);
  const result = resultOf(outcome, { input, model, usage, redact, now });
  note(outcome.kind === 'refused' ? outcome.status : undefined, result);
  return result;
}
