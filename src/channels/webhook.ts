import type { Channel, Message } from './channel.ts';
import { deliveryOf, type Post } from './post.ts';

/** Posts each message as JSON, with its dedupe id as `Idempotency-Key` too. */
export function webhookChannel(name: string, url: string, post: Post): Channel {
  return {
    name,
    carriesLinks: true,
    async send(message, signal) {
      const body = JSON.stringify(bodyOf(message));
      return deliveryOf(
        await post({ url: new URL(url), headers: headersOf(message), body, signal }),
      );
    },
  };
}

/** What a receiver needs to know a message again. */
export function headersOf({ dedupeId }: Message): { readonly [name: string]: string } {
  const key = dedupeId.replaceAll(/[^\u0021-\u007e]+/gu, encodeURIComponent);
  return { 'content-type': 'application/json', 'idempotency-key': key };
}

/** A message as programs read it, from a request, a file or standard input. */
export function bodyOf(message: Message): { readonly [name: string]: string } {
  const { dedupeId, to, text, urgency, flow, run } = message;
  return { dedupe_id: dedupeId, to, message: text, urgency, flow, run };
}
