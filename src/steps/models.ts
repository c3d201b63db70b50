import { z } from 'zod';
import { urlProblem } from './http-shape.ts';

/** Whose interface a model is asked by. */
export const PROVIDERS = ['openai-compatible', 'openai', 'anthropic', 'google'] as const;
export type Provider = (typeof PROVIDERS)[number];

const NAME_LENGTH_MAX = 255;
const MODELS_MAX = 100;

const text = z.string().min(1).max(NAME_LENGTH_MAX);
const price = z.number().min(0);

const url = z.string().superRefine((written, context) => {
  const message = urlProblem(written);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const modelSchema = z
  .strictObject({
    provider: z.enum(PROVIDERS),
    url: url.optional(),
    model: text,
    /** A reference such as `${MODEL_KEY}`; a variable of digits has become a number. */
    key: z.union([z.string(), z.number()]).transform(String).optional(),
    /** What a million tokens cost, in a currency of your own. */
    price: z.strictObject({ input: price, output: price }).readonly().optional(),
  })
  .readonly()
  .superRefine(({ provider, url: written }, context) => {
    if (provider !== 'openai-compatible' || written !== undefined) return;
    const message = 'an openai-compatible model needs one, such as http://127.0.0.1:11434/v1';
    context.addIssue({ code: 'custom', path: ['url'], message });
  });

/** The models that a configuration names, by the names that steps use. */
export const modelsSchema = z
  .record(z.string().max(NAME_LENGTH_MAX), modelSchema)
  .readonly()
  .refine((models) => Object.keys(models).length <= MODELS_MAX, `at most ${MODELS_MAX} models`);

export type Models = z.output<typeof modelsSchema>;

/** A model that can be asked. */
export interface Model {
  readonly provider: Provider;
  /** Where it is asked, version and all. */
  readonly url: string;
  /** The provider's own name for it. */
  readonly id: string;
  /** Empty where the provider asks for none. It is neither shown nor recorded. */
  readonly key: string;
  readonly price: { readonly input: number; readonly output: number } | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface ProviderFacts {
  readonly url: string;
  /** Where a URL has no path, this is meant. */
  readonly path: string;
  readonly keys: readonly string[];
  readonly urls: readonly string[];
  /** The model that is asked where nobody names one. */
  readonly model: string;
}

const KNOWN: Readonly<Record<Exclude<Provider, 'openai-compatible'>, ProviderFacts>> = {
  anthropic: {
    url: 'https://api.anthropic.com',
    path: '/v1',
    keys: ['ANTHROPIC_API_KEY'],
    urls: ['ANTHROPIC_BASE_URL'],
    model: 'claude-sonnet-5-5',
  },
  openai: {
    url: 'https://api.openai.com',
    path: '/v1',
    keys: ['OPENAI_API_KEY'],
    urls: ['OPENAI_BASE_URL'],
    model: 'gpt-5.5',
  },
  google: {
    url: 'https://generativelanguage.googleapis.com',
    path: '/v1beta',
    keys: ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY'],
    urls: ['GOOGLE_GENERATIVE_AI_BASE_URL', 'GOOGLE_GEMINI_BASE_URL'],
    model: 'gemini-3.5-flash',
  },
};
/** Who is asked where no model is configured: the first of them that has a key. */
const ORDER = ['anthropic', 'openai', 'google'] as const;

/**
 * The model that a step means by a name: one that is configured, else what the provider of the
 * default one calls so. Undefined where there is no default, neither configured nor by a key in the
 * environment.
 */
export function modelOf(
  name: string | undefined,
  models: Models,
  environment: Environment,
): Model | undefined {
  const own = new Map(Object.entries(models));
  const named = own.get(name ?? 'default');
  if (named !== undefined) return configured(named, environment);
  const usual = own.get('default');
  const model = usual === undefined ? fromEnvironment(environment) : configured(usual, environment);
  if (model === undefined || name === undefined || name === 'default') return model;
  // What another model costs says nothing of this one.
  return { ...model, id: name, price: undefined };
}

/** The keys of providers that stand in an environment: each is sent to its provider alone. */
export function providerKeys(environment: Environment): readonly string[] {
  const names = ORDER.flatMap((provider) => KNOWN[provider].keys);
  return names.flatMap((name) => environment[name]?.trim() ?? []);
}

function configured(settings: Models[string], environment: Environment): Model {
  const { provider, model: id, price: costs } = settings;
  const known = provider === 'openai-compatible' ? undefined : KNOWN[provider];
  // A key of the environment goes to its own provider, and nowhere else.
  const usual = settings.url === undefined ? firstSet(known?.keys ?? [], environment) : undefined;
  return {
    provider,
    url: withPath(settings.url ?? known?.url ?? '', known?.path ?? '/v1'),
    id,
    key: (settings.key ?? usual ?? '').trim(),
    price: costs,
  };
}

function fromEnvironment(environment: Environment): Model | undefined {
  for (const provider of ORDER) {
    const { keys, urls, url: usual, path, model: id } = KNOWN[provider];
    const key = firstSet(keys, environment);
    if (key === undefined) continue;
    const own = firstSet(urls, environment);
    const written = own !== undefined && urlProblem(own) === undefined ? own : usual;
    // Whoever stands in for OpenAI speaks the interface that all of them know.
    const spoken = provider === 'openai' && written === own ? 'openai-compatible' : provider;
    return { provider: spoken, url: withPath(written, path), id, key, price: undefined };
  }
  return undefined;
}

function firstSet(names: readonly string[], environment: Environment): string | undefined {
  return names
    .map((name) => environment[name])
    .find((value) => value !== undefined && value !== '');
}

function withPath(written: string, path: string): string {
  const parsed = new URL(written);
  if (parsed.pathname === '/') parsed.pathname = path;
  return parsed.href.replace(/\/$/, '');
}
