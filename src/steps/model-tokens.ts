import { isObject } from '../std/json.ts';

/** What a model has read and written, as its provider counts it. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
}

const INPUT = ['prompt_tokens', 'input_tokens', 'promptTokenCount'];
const OUTPUT = ['completion_tokens', 'output_tokens', 'candidatesTokenCount'];

/**
 * The tokens known after one more message of a stream, as each provider tells them. Of an answer
 * that is cut short nobody tells them at its end.
 */
export function tokensAfter(known: Tokens | undefined, message: unknown): Tokens | undefined {
  const counts = holdersIn(message).flatMap(({ usage, usageMetadata }) =>
    [usage, usageMetadata].filter(isObject),
  );
  let tokens = known;
  for (const count of counts) {
    // A provider counts up, and may leave out what has not changed.
    tokens = {
      input: Math.max(tokens?.input ?? 0, numberAt(count, INPUT)),
      output: Math.max(tokens?.output ?? 0, numberAt(count, OUTPUT)),
    };
  }
  return tokens;
}

/** Where counts stand: in the message itself, or in the answer that it begins or ends. */
function holdersIn(message: unknown): readonly { readonly [key: string]: unknown }[] {
  if (!isObject(message)) return [];
  return [message, message['message'], message['response']].filter(isObject);
}

function numberAt(count: { readonly [key: string]: unknown }, keys: readonly string[]): number {
  const found = keys.map((key) => count[key]).find((value) => Number.isFinite(value));
  return Number(found ?? 0);
}
