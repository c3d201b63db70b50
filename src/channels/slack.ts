import type { Channel } from './channel.ts';
import { deliveryOf, type Post } from './post.ts';
import { headersOf } from './webhook.ts';

/**
 * Posts each message to an incoming webhook of Slack. Its text is only text: what would be a link
 * or call a whole channel (`<!channel>`) is shown as it was written.
 */
export function slackChannel(name: string, url: string, post: Post): Channel {
  return {
    name,
    carriesLinks: true,
    async send(message, signal) {
      const body = JSON.stringify({ text: literal(message.text) });
      return deliveryOf(
        await post({ url: new URL(url), headers: headersOf(message), body, signal }),
      );
    },
  };
}

/** What Slack's text gives a meaning to, as its reference says to write it. */
function literal(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
