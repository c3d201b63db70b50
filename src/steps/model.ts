import type * as AiSdk from 'ai';
import type { JSONSchema7, LanguageModel, TextStreamPart, ToolSet } from 'ai';
import type { Agent } from 'undici';
import { messageOf } from '../std/errors.ts';
import { isObject, type Json } from '../std/json.ts';
import { type Tokens, tokensAfter } from './model-tokens.ts';
import type { Model, Provider } from './models.ts';
import { messagesOf, toolSetOf } from './model-messages.ts';
import type { ModelCall, ModelTool, Said } from './prompt-tools.ts';

/** What a model is asked. */
export interface ModelRequest {
  readonly model: Model;
  readonly prompt: string;
  readonly system: string | undefined;
  /** The JSON Schema that the answer is to keep to. Whether it does is for the caller to check. */
  readonly schema: { readonly [key: string]: Json } | undefined;
  readonly tokensMax: number | undefined;
  readonly temperature: number | undefined;
  /** What it may call. Nobody calls them here: that it wants to is its answer. */
  readonly tools: readonly ModelTool[];
  /** What it has said before, and what came of its calls. */
  readonly said: readonly Said[];
  /** Whether it is to answer without calling anything. */
  readonly isLast: boolean;
  /** The idempotency key, for gateways that honour one. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** What came of asking a model. */
export type ModelOutcome = (Answered | Refused | Unsent | Broken | Missing) & {
  /** As far as the provider has told them. */
  readonly tokens: Tokens | undefined;
};

interface Answered {
  readonly kind: 'answer';
  readonly text: string;
  /**
   * Whether it ends where the model wanted, at its limit of tokens, beyond what a step may give,
   * where its provider let it say no more, or with calls of tools.
   */
  readonly end: 'whole' | 'too_long' | 'too_large' | 'filtered' | 'calls_tool';
  /** The calls of tools that it has; none where one of them cannot be read. */
  readonly calls: readonly ModelCall[];
}

/** What speaks to the provider is not installed. */
interface Missing {
  readonly kind: 'missing';
  readonly packages: readonly string[];
}

/** The provider has said no. */
interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly message: string;
  readonly body: string;
}

/** No connection came about: nothing was asked. */
interface Unsent {
  readonly kind: 'unsent';
  readonly message: string;
}

/** The answer ended before it was whole. */
interface Broken {
  readonly kind: 'broken';
  readonly message: string;
  /** What the provider said about that, where it said something. */
  readonly body: string;
}

/** Characters of an answer that are read: no step's output may have more. */
const TEXT_LENGTH_MAX = 1_048_576;
const CONNECTIONS_MAX = 64;
/** Bytes of a response, in which each word of an answer stands in a message of its own. */
const RESPONSE_BYTES_MAX = 67_108_864;
const UNSENT: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const PACKAGES: Readonly<Record<Provider, string>> = {
  'openai-compatible': '@ai-sdk/openai-compatible',
  openai: '@ai-sdk/openai',
  anthropic: '@ai-sdk/anthropic',
  google: '@ai-sdk/google',
};

/**
 * Asks models over the AI SDK, which nothing else knows of. It is loaded with the first question,
 * and asks once: whether something is asked again is for the step's retry policy to say.
 */
export class ModelClient {
  #agent: Promise<Agent> | undefined;

  /** What goes wrong between here and the model is an outcome. */
  async ask(request: ModelRequest): Promise<ModelOutcome> {
    const { provider } = request.model;
    try {
      const sdk = await import('ai');
      const model = await languageModel(request.model, await this.#fetch());
      // Its warnings go to the console, which is not ours to write to.
      globalThis.AI_SDK_LOG_WARNINGS ??= false;
      return await read(request, sdk, model);
    } catch (error) {
      if (!isMissing(error)) throw error;
      return { kind: 'missing', packages: ['ai', PACKAGES[provider]], tokens: undefined };
    }
  }

  /** Cuts all connections: what is under way is broken. */
  async stop(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    await (await agent)?.destroy();
  }

  /** The step's own timeout is the only one, and keys go nowhere but where they are configured. */
  async #fetch(): Promise<typeof globalThis.fetch> {
    const undici = await import('undici');
    this.#agent ??= Promise.resolve(
      new undici.Agent({
        connections: CONNECTIONS_MAX,
        maxResponseSize: RESPONSE_BYTES_MAX,
        headersTimeout: 0,
        bodyTimeout: 0,
      }),
    );
    const dispatcher = await this.#agent;
    return (input, init) => {
      const url = input instanceof Request ? input.url : input;
      // What Node and undici call a form differs, and none is sent.
      return undici.fetch(url, { ...(init as object), dispatcher, redirect: 'manual' });
    };
  }
}

type Sdk = typeof AiSdk;

type Sole = Exclude<LanguageModel, string>;

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

async function languageModel(
  { provider, url: baseURL, id, key: apiKey }: Model,
  fetch: typeof globalThis.fetch,
): Promise<Sole> {
  const options = { baseURL, apiKey, fetch };
  switch (provider) {
    case 'openai-compatible': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const known = { name: provider, includeUsage: true, supportsStructuredOutputs: true };
      return createOpenAICompatible({ ...options, ...known })(id);
    }
    case 'openai':
      return (await import('@ai-sdk/openai')).createOpenAI(options)(id);
    case 'anthropic':
      return (await import('@ai-sdk/anthropic')).createAnthropic(options)(id);
    case 'google':
      return (await import('@ai-sdk/google')).createGoogleGenerativeAI(options)(id);
  }
}

async function read(request: ModelRequest, sdk: Sdk, model: Sole): Promise<ModelOutcome> {
  const reading = new Reading(sdk, request.tools);
  const cut = new AbortController();
  const abortSignal = AbortSignal.any([request.signal, cut.signal]);
  try {
    const { fullStream } = sdk.streamText({ ...optionsOf(request, sdk), model, abortSignal });
    for await (const part of fullStream) {
      reading.note(part);
      if (reading.isFull) cut.abort();
    }
  } catch (error) {
    reading.fail(error);
  }
  return reading.outcome();
}

function optionsOf(request: ModelRequest, sdk: Sdk) {
  const { system, schema, tokensMax, temperature, key, isLast } = request;
  const tools = toolSetOf(request.tools, sdk);
  const output = schema && sdk.Output.object({ schema: sdk.jsonSchema(schema as JSONSchema7) });
  return {
    messages: messagesOf(request),
    ...(tools && { tools, toolChoice: isLast ? ('none' as const) : ('auto' as const) }),
    ...(system === undefined ? {} : { system }),
    ...(output === undefined ? {} : { output }),
    ...(tokensMax === undefined ? {} : { maxOutputTokens: tokensMax }),
    ...(temperature === undefined ? {} : { temperature }),
    headers: { 'idempotency-key': key },
    // What is asked is nobody's to keep, and any schema is taken that an answer can be checked by.
    providerOptions: {
      openai: { store: false, strictJsonSchema: false },
      'openai-compatible': { strictJsonSchema: false },
    },
    maxRetries: 0,
    includeRawChunks: true,
    // Errors come in the stream too, and would be printed otherwise.
    onError: () => {},
  } as const;
}

/** One answer as it comes. */
class Reading {
  readonly #sdk: Sdk;
  #text = '';
  #tokens: Tokens | undefined;
  #error: { readonly thrown: unknown } | undefined;
  #end: Answered['end'] | undefined;
  readonly #names: ReadonlyMap<string, string>;
  readonly #calls: ModelCall[] = [];
  #isUnreadable = false;

  constructor(sdk: Sdk, tools: readonly ModelTool[]) {
    this.#sdk = sdk;
    this.#names = new Map(tools.map(({ alias, name }) => [alias, name]));
  }

  get isFull(): boolean {
    return this.#text.length > TEXT_LENGTH_MAX;
  }

  note(part: TextStreamPart<ToolSet>): void {
    switch (part.type) {
      case 'text-delta':
        this.#text += part.text;
        return;
      case 'tool-call':
        return this.#noteCall(part);
      case 'raw':
        this.#tokens = tokensAfter(this.#tokens, part.rawValue);
        return;
      case 'error':
        return this.fail(part.error);
      case 'finish-step': {
        const { inputTokens: input, outputTokens: output } = part.usage;
        if (input !== undefined && output !== undefined) this.#tokens = { input, output };
        this.#end = endOf(part);
        return;
      }
      default:
        return;
    }
  }

  #noteCall(part: Extract<TextStreamPart<ToolSet>, { type: 'tool-call' }>): void {
    const { toolCallId: id, toolName, input, providerMetadata: meta } = part;
    const name = this.#names.get(toolName);
    if (name === undefined || !isObject(input)) this.#isUnreadable = true;
    else this.#calls.push({ id, name, input, ...(meta && { meta: meta as Json }) });
  }

  /** Not every provider says that it ends with calls. */
  #ending(end: Answered['end']): Pick<Answered, 'end' | 'calls'> {
    const hasCalls = this.#calls.length > 0 || this.#isUnreadable;
    const calls = this.#isUnreadable ? [] : this.#calls;
    return { end: end === 'whole' && hasCalls ? 'calls_tool' : end, calls };
  }

  /** The first failure says most: others follow from it. */
  fail(thrown: unknown): void {
    this.#error ??= { thrown };
  }

  outcome(): ModelOutcome {
    const tokens = this.#tokens;
    if (this.isFull) return { kind: 'answer', text: '', end: 'too_large', calls: [], tokens };
    if (this.#error !== undefined) return { ...failureOf(this.#error.thrown, this.#sdk), tokens };
    if (this.#end !== undefined) {
      return { kind: 'answer', text: this.#text, ...this.#ending(this.#end), tokens };
    }
    const message = 'the answer ended in the middle';
    return { kind: 'broken', message, body: '', tokens };
  }
}

/** Undefined where the provider has not said that the answer is over. */
function endOf({
  finishReason,
  rawFinishReason,
}: Extract<TextStreamPart<ToolSet>, { type: 'finish-step' }>): Answered['end'] | undefined {
  switch (finishReason) {
    case 'stop':
      return 'whole';
    case 'length':
      return 'too_long';
    case 'content-filter':
      return 'filtered';
    case 'tool-calls':
      return 'calls_tool';
    default:
      return rawFinishReason === undefined || finishReason === 'error' ? undefined : 'whole';
  }
}

function failureOf(error: unknown, { APICallError }: Sdk): Refused | Unsent | Broken {
  const { message, code } = rootOf(error);
  if (!APICallError.isInstance(error)) {
    return { kind: 'broken', message, body: isObject(error) ? JSON.stringify(error) : message };
  }
  const { statusCode: status, responseHeaders: headers = {}, responseBody: body = '' } = error;
  if (status !== undefined && (status < 200 || status > 299)) {
    return { kind: 'refused', status, headers, message: error.message, body };
  }
  if (status === undefined && UNSENT.has(code)) return { kind: 'unsent', message };
  return { kind: 'broken', message, body };
}

/** What lies at the bottom: whatever is above only says that something failed, or what of. */
function rootOf(error: unknown): { readonly message: string; readonly code: string } {
  if (error instanceof Error && error.cause instanceof Error && error.cause.name !== 'ZodError') {
    return rootOf(error.cause);
  }
  const { code: found, message } = isObject(error) ? error : {};
  const code = typeof found === 'string' ? found : '';
  return { message: (typeof message === 'string' ? message : messageOf(error)) || code, code };
}
