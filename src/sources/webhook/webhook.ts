import type { Source, SourceContext, SourceKind } from '../source.ts';
import { Hook } from './hook.ts';
import type { HookListener } from './listener.ts';
import { webhookConfig, webhookShape } from './shape.ts';

/** Webhooks, all heard by one listener: each accepted one is durable before it is answered. */
export function webhookSource(listener: HookListener): SourceKind {
  return { shape: webhookShape, open: (context) => new WebhookSource(context, listener) };
}

class WebhookSource implements Source {
  readonly #context: SourceContext;
  readonly #listener: HookListener;
  readonly #hook: Hook;

  constructor(context: SourceContext, listener: HookListener) {
    this.#context = context;
    this.#listener = listener;
    this.#hook = new Hook(context, webhookConfig(context.config));
  }

  start(): Promise<void> {
    return this.#listener.add(this.#hook, this.#context);
  }

  async stop(again = false): Promise<void> {
    await this.#listener.remove(this.#hook, again);
    this.#hook.close();
  }
}
