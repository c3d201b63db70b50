/** The body of a hook's thread: loads the module, then answers each call in its order. */
import { workerData } from 'node:worker_threads';
import { messageOf } from '../../std/errors.ts';
import { ANSWER_LENGTH_MAX } from './caller.ts';
import type { HookThreadData, Said } from './thread.ts';

const { port, module } = workerData as HookThreadData;

function say(said: Said): void {
  port.postMessage(said);
}

async function load(): Promise<(payload: unknown) => unknown> {
  const loaded = (await import(module)) as { readonly default?: unknown };
  if (typeof loaded.default !== 'function')
    throw new TypeError('its default export is no function');
  return loaded.default as (payload: unknown) => unknown;
}

async function answer(hook: (payload: unknown) => unknown, payload: string): Promise<Said> {
  try {
    // Undefined, as a function gives that only looks, is no JSON.
    const text = JSON.stringify(await hook(JSON.parse(payload))) ?? '';
    if (text.length <= ANSWER_LENGTH_MAX) return { kind: 'answered', text };
    const reason = `it answered with ${text.length} characters, over ${ANSWER_LENGTH_MAX}`;
    return { kind: 'failed', reason };
  } catch (error) {
    return { kind: 'failed', reason: `it threw: ${messageOf(error)}` };
  }
}

const loading = load();
// Listening keeps the thread alive: one that ends at once may take its last word with it.
port.on('message', (payload: string) => {
  void loading.then((hook) => answer(hook, payload)).then(say);
});
loading.then(
  () => say({ kind: 'loaded' }),
  (error: unknown) => say({ kind: 'failed', reason: `it cannot be loaded: ${messageOf(error)}` }),
);
