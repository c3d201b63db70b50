import { redactedValue } from '../runs/redacted-result.ts';
import type { StepError, StepResult } from '../runs/step-kind.ts';
import { plus, type Usage } from '../runs/usage.ts';
import type { Json } from '../std/json.ts';
import type { Redaction } from '../std/redact.ts';
import { answerOf } from './prompt-answer.ts';
import { retryAfterMs } from './http-result.ts';
import type { ModelOutcome } from './model.ts';
import type { Model } from './models.ts';
import type { PromptInput } from './prompt-input.ts';
import { CALLS_MAX, type ModelCall, type Round } from './prompt-tools.ts';
import { beginningOf, shown } from './written-value.ts';

/** Answers that ask to come back; so do all from 500 on, such as the 529 of a busy model. */
const COME_BACK: readonly number[] = [408, 425, 429];
/** How providers say that there is no more money, which no waiting brings back. */
const QUOTA = /insufficient_quota|billing_hard_limit|credit balance is too low/i;
const KEY = /API_KEY_INVALID|api key not valid|invalid_api_key/i;
/** How much of what a provider or a model has said is kept with an error. */
const DETAIL_LENGTH_MAX = 4_096;

/** What an outcome is about. */
export interface Asked {
  readonly input: PromptInput;
  readonly model: Model;
  /** What the attempt was paid for, as far as is known. */
  readonly usage: Usage | undefined;
  /** Takes secrets out of what is told of an answer, before it is cut. */
  readonly redaction: Redaction;
  /** Engine time in milliseconds. */
  readonly now: number;
  /** What was paid for before: by earlier attempts, and by earlier rounds of its step. */
  readonly spent?: Usage | undefined;
}

type Outcome<K extends ModelOutcome['kind']> = Extract<ModelOutcome, { readonly kind: K }>;

/** What the outcome of asking a model means for its step. */
export function resultOf(outcome: ModelOutcome, asked: Asked): StepResult {
  switch (outcome.kind) {
    case 'answer':
      return answered(outcome, asked);
    case 'refused':
      return refused(outcome, asked);
    case 'broken':
      return broken(outcome, asked);
    case 'unsent': {
      const why = saidIn(outcome, asked);
      const message = `${nameOf(asked)} was not asked, as no connection came about: ${why}.`;
      return { kind: 'retry', error: { code: 'prompt.unreachable', message, happened: 'no' } };
    }
    case 'missing': {
      const packages = outcome.packages.join(' ');
      const message = `Models of "${asked.model.provider}" need more packages: npm i ${packages}`;
      return { kind: 'fail', error: { code: 'prompt.package_missing', message, happened: 'no' } };
    }
  }
}

function answered({ text, end, calls }: Outcome<'answer'>, asked: Asked): StepResult {
  const { redaction, input } = asked;
  const name = nameOf(asked);
  const detail = redaction.text(text).slice(-DETAIL_LENGTH_MAX);
  switch (end) {
    case 'whole': {
      const answer = answerOf(redaction.text(text), input.schema);
      if ('output' in answer) return done(answer.output, redaction.text(text), asked);
      const message = `${name} gave an answer that cannot be taken: ${answer.reason}.`;
      return retry({ code: 'prompt.answer_invalid', message, happened: 'maybe', detail }, asked);
    }
    case 'too_long': {
      const remedy = 'Raise "max_tokens" or "budget", or ask for less.';
      const message = `${name} had more to say than the tokens that it was allowed. ${remedy}`;
      return fail({ code: 'prompt.too_long', message, happened: 'maybe', detail }, asked);
    }
    case 'too_large': {
      const message = `${name} answered with more than a step may give. Ask for less.`;
      return fail({ code: 'step.output_too_large', message, happened: 'maybe' }, asked);
    }
    case 'calls_tool': {
      if (input.tools !== undefined && !input.isLast && mayCall(calls)) {
        return calling(redaction.text(text), calls, asked);
      }
      const message = `${name} wants to use a tool, and may use none of that name or so many.`;
      return retry({ code: 'prompt.answer_invalid', message, happened: 'maybe', detail }, asked);
    }
    case 'filtered': {
      const message = `The provider of ${name} let it not answer. Change what is asked.`;
      return fail({ code: 'prompt.filtered', message, happened: 'maybe', detail }, asked);
    }
  }
}

/** The answer as the step's result; of a round, as what it leaves to those behind it. */
function done(output: Json, text: string, { input, usage, spent }: Asked): StepResult {
  if (input.tools === undefined) return { kind: 'done', output, ...paid(usage) };
  const round: Round = { text, calls: [], answer: output, ...allPaid(spent, usage) };
  return { kind: 'done', output: round as unknown as Json, ...paid(usage) };
}

function mayCall(calls: readonly ModelCall[]): boolean {
  return calls.length > 0 && calls.length <= CALLS_MAX;
}

/** The calls that the model wants: others make them. */
function calling(
  text: string,
  calls: readonly ModelCall[],
  { redaction, usage, spent }: Asked,
): StepResult {
  const plain = redactedValue(
    calls as unknown as Json,
    redaction,
  ) as unknown as readonly ModelCall[];
  const round: Round = { text, calls: plain, ...allPaid(spent, usage) };
  return { kind: 'done', output: round as unknown as Json, ...paid(usage) };
}

function allPaid(spent: Usage | undefined, usage: Usage | undefined): { readonly spent?: Usage } {
  const all = plus(spent, usage);
  return all === undefined ? {} : { spent: all };
}

function refused(outcome: Outcome<'refused'>, asked: Asked): StepResult {
  const { status, headers, body } = outcome;
  const why = saidIn(outcome, asked);
  const said = `${nameOf(asked)} was refused with ${status}: ${why}.`;
  const detail = beginningOf(asked.redaction.text(body), DETAIL_LENGTH_MAX);
  const happened = status < 500 ? 'no' : 'maybe';
  const about = { happened, status, ...(detail === '' ? {} : { detail }) } as const;
  if (status === 402 || QUOTA.test(body)) return fail({ ...outOfQuota(said), ...about }, asked);
  if (status === 401 || status === 403 || KEY.test(body)) {
    const message = `${said} Check the key that is configured for it.`;
    return fail({ code: 'prompt.key_refused', message, ...about }, asked);
  }
  if (COME_BACK.includes(status) || status >= 500) {
    const afterMs = retryAfterMs({ headers }, asked.now);
    const result = retry({ code: 'prompt.busy', message: said, ...about }, asked);
    return afterMs === undefined ? result : { ...result, afterMs };
  }
  const message = `${said} Check its name and URL, and what is asked.`;
  return fail({ code: 'prompt.refused', message, ...about }, asked);
}

function broken(outcome: Outcome<'broken'>, asked: Asked): StepResult {
  const why = saidIn(outcome, asked);
  const said = `${nameOf(asked)} was asked, but no whole answer came: ${why}.`;
  const detail = beginningOf(asked.redaction.text(outcome.body), DETAIL_LENGTH_MAX);
  const about = { happened: 'maybe', ...(detail === '' ? {} : { detail }) } as const;
  if (QUOTA.test(outcome.body)) return fail({ ...outOfQuota(said), ...about }, asked);
  return retry({ code: 'prompt.broken', message: said, ...about }, asked);
}

function outOfQuota(said: string): Pick<StepError, 'code' | 'message'> {
  const message = `${said} Raise the limit of the account, or name another model.`;
  return { code: 'prompt.quota', message };
}

function fail(error: StepError, { usage }: Asked): StepResult {
  return { kind: 'fail', error: { ...error, ...paid(usage) } };
}

function retry(error: StepError, { usage }: Asked): Extract<StepResult, { kind: 'retry' }> {
  return { kind: 'retry', error: { ...error, ...paid(usage) } };
}

function paid(usage: Usage | undefined): { readonly usage?: Usage } {
  return usage === undefined ? {} : { usage };
}

/** What the other side has said, as the end of a sentence. The key is taken out before any cut. */
function saidIn({ message }: { readonly message: string }, { redaction }: Asked): string {
  return shown(redaction.text(message).replace(/\.+$/, ''));
}

function nameOf({ model }: Asked): string {
  return `Model "${shown(model.id)}" at ${new URL(model.url).origin}`;
}
