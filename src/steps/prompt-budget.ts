import type { StepError } from '../runs/step-kind.ts';
import { rounded, type Usage } from '../runs/usage.ts';
import type { Tokens } from './model-tokens.ts';
import type { Model } from './models.ts';
import type { Budget, PromptInput } from './prompt-input.ts';

/** Tokens that a price is for. */
const PRICED_TOKENS = 1_000_000;

/** What tokens cost at a model; undefined where its provider has told none. */
export function usageFor(tokens: Tokens | undefined, { id, price }: Model): Usage | undefined {
  if (tokens === undefined) return undefined;
  const counted = { input_tokens: tokens.input, output_tokens: tokens.output, model: id };
  if (price === undefined) return counted;
  const cost = (tokens.input * price.input + tokens.output * price.output) / PRICED_TOKENS;
  return { ...counted, cost: rounded(cost) };
}

/** Why a model may not be asked any more, given what was spent; undefined where it may. */
export function budgetProblem(
  { budget }: PromptInput,
  spent: Usage | undefined,
  { id, price }: Model,
): StepError | undefined {
  if (budget.money !== undefined && price === undefined) {
    const message =
      `What model "${id}" costs is not known, so that a budget of money cannot be kept. ` +
      'Write its "price" under "models", or give a budget of tokens.';
    return { code: 'prompt.no_price', message, happened: 'no' };
  }
  const left = leftOf(budget, spent);
  if (left.tokens >= 1 && left.money > 0) return undefined;
  const what = left.tokens < 1 ? `${budget.tokens ?? 0} tokens` : `${budget.money ?? 0}`;
  const message =
    `The step's budget of ${what} is spent by its earlier attempts; the model was not asked ` +
    'again. Raise "budget", or see why they failed.';
  return { code: 'prompt.budget_spent', message, happened: 'no' };
}

/** How many tokens an answer may have, so that no answer alone is beyond the budget. */
export function tokensAllowed(
  { budget, tokensMax = Number.POSITIVE_INFINITY }: PromptInput,
  spent: Usage | undefined,
  { price }: Model,
): number | undefined {
  const left = leftOf(budget, spent);
  const payable =
    price === undefined || price.output === 0
      ? Number.POSITIVE_INFINITY
      : Math.floor((left.money * PRICED_TOKENS) / price.output);
  const allowed = Math.min(tokensMax, left.tokens, Math.max(1, payable));
  return Number.isFinite(allowed) ? allowed : undefined;
}

function leftOf(
  { tokens = Number.POSITIVE_INFINITY, money = Number.POSITIVE_INFINITY }: Budget,
  spent: Usage | undefined,
): { readonly tokens: number; readonly money: number } {
  const { input_tokens = 0, output_tokens = 0, cost = 0 } = spent ?? {};
  return { tokens: tokens - input_tokens - output_tokens, money: money - cost };
}
