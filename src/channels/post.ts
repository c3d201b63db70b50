import type { Delivery } from './channel.ts';

/** How a channel posts JSON: a port, since who may be called is decided where steps call. */
export type Post = (request: PostRequest) => Promise<Posted>;

export interface PostRequest {
  readonly url: URL;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  readonly signal: AbortSignal;
}

export type Posted =
  | { readonly kind: 'answered'; readonly status: number; readonly afterMs: number | undefined }
  /** No whole answer came. `hopeless`: nor will one ever. */
  | { readonly kind: 'failed'; readonly reason: string; readonly hopeless: boolean };

/** Answers below 500 that ask to come back. */
const COME_BACK: readonly number[] = [408, 425, 429];

/**
 * What an answer means. Its URL is never told: where a webhook lives is often all that it takes to
 * write to it. Redirects are not followed: nobody moves whom we tell.
 */
export function deliveryOf(posted: Posted): Delivery {
  if (posted.kind === 'failed') {
    return { kind: posted.hopeless ? 'refused' : 'failed', reason: posted.reason };
  }
  const { status, afterMs } = posted;
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const reason = `it answered ${status}`;
  if (status >= 500 || COME_BACK.includes(status)) return { kind: 'failed', reason, afterMs };
  if (status >= 300 && status < 400) {
    return { kind: 'refused', reason: `${reason}, a redirect, which is not followed` };
  }
  return { kind: 'refused', reason };
}
