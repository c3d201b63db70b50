import { Worker } from 'node:worker_threads';
import { SignalboxError } from '../../std/errors.ts';
import type { CopyReport } from '../care.ts';
import type { Channel } from './channel.ts';
import type { CoreOptions, Opening, Queries } from './core.ts';
import type { Flat } from './wire.ts';
import type { CommitReply } from './writer.ts';

/** What the thread is told at its birth: what cannot cross threads, it makes itself. */
export type ThreadOptions = Pick<CoreOptions, 'path' | 'lockPath' | 'witnessPath'>;

export type Request =
  /** Has no answer of its own. */
  | { readonly kind: 'write'; readonly batch: Flat }
  | { readonly kind: 'commit'; readonly batch: Flat }
  | { readonly kind: 'query'; readonly name: keyof Queries; readonly argument: never }
  /** Answered out of turn, by a `copied`. */
  | { readonly kind: 'copy'; readonly path: string }
  | { readonly kind: 'close'; readonly clean: boolean };

export type Reply =
  | { readonly kind: 'answer'; readonly value: unknown }
  | Failed
  | { readonly kind: 'copied'; readonly failed?: Failed };

interface Failed {
  readonly kind: 'failed';
  readonly code: string;
  readonly message: string;
  readonly details: object;
}

/** Batches die young and are small: more room for them would only be held, not used. */
const YOUNG_MB = 8;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A core in a thread of its own, so that neither a commit nor an fsync ever stands in the way of
 * the main thread. Answers come in the order of the requests.
 *
 * @throws SignalboxError as `SqliteCore` does.
 */
export async function threadChannel(entry: URL, options: ThreadOptions): Promise<Channel> {
  const worker = new Worker(entry, {
    workerData: options,
    name: 'signalbox-store',
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const waiting: Waiting[] = [];
  const copying: Waiting[] = [];
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
    });
  const ask = (request: Request): Promise<unknown> => {
    worker.postMessage(request);
    return next();
  };
  worker.on('message', (reply: Reply) => {
    if (reply.kind === 'copied') settle(copying.shift(), reply.failed ?? DONE);
    else settle(waiting.shift(), reply);
  });
  worker.on('error', (error) => rejectAll([waiting, copying], error));
  worker.on('exit', () => rejectAll([waiting, copying], new Error('The store thread has ended.')));

  const opening = (await next().catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  })) as Opening;
  return {
    opening,
    write: (batch) => worker.postMessage({ kind: 'write', batch } satisfies Request),
    commit: (batch) => ask({ kind: 'commit', batch }) as Promise<CommitReply>,
    query: <Q extends keyof Queries>(name: Q, argument: Queries[Q][0]) =>
      ask({ kind: 'query', name, argument: argument as never }) as Promise<Queries[Q][1]>,
    copy: async (path) => {
      worker.postMessage({ kind: 'copy', path } satisfies Request);
      await new Promise((resolve, reject) => {
        copying.push({ resolve, reject });
      });
    },
    inspect: (path) => inspectInThread(new URL('inspect-worker.js', entry), path),
    close: async (clean) => {
      await ask({ kind: 'close', clean });
      await worker.terminate();
    },
  };
}

const DONE = { kind: 'answer', value: undefined } as const;

/** Has a thread of its own look at a copy. */
async function inspectInThread(entry: URL, path: string): Promise<CopyReport> {
  const worker = new Worker(entry, { workerData: path, name: 'signalbox-copy' });
  try {
    return await new Promise<CopyReport>((resolve, reject) => {
      const accept = (value: unknown): void => resolve(value as CopyReport);
      worker.once('message', (reply: Reply) => settle({ resolve: accept, reject }, reply));
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('The thread that looks at it has ended.')));
    });
  } finally {
    await worker.terminate();
  }
}

function settle(waiting: Waiting | undefined, reply: Reply): void {
  if (reply.kind === 'answer') waiting?.resolve(reply.value);
  else if (reply.kind === 'failed')
    waiting?.reject(new SignalboxError(reply.code, reply.message, { details: reply.details }));
}

function rejectAll(lists: readonly Waiting[][], error: Error): void {
  for (const list of lists) for (const { reject } of list.splice(0)) reject(error);
}
