import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { type Api, TOKEN } from './api.ts';

/** What a stream has sent: the comments and messages, in order. */
export interface EventStream {
  readonly status: number;
  /** The next comment or message as it was written, without its empty line; null at the end. */
  next(): Promise<string | null>;
  /** The next message's id and event. */
  nextEvent(): Promise<{ readonly id: number; readonly event: Record<string, unknown> }>;
  leave(): void;
  /** Resolves when the other side hangs up. */
  readonly closed: Promise<void>;
}

export async function openStream(
  { server }: Api,
  query = '',
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const { hostname, port } = new URL(server.url);
  const path = `/api/v1/stream${query}`;
  const all = { authorization: `Bearer ${TOKEN}`, ...headers };
  const sent = request({ hostname, port, path, headers: all, agent: false });
  onTestFinished(() => void sent.destroy());
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve);
    sent.on('error', reject);
    sent.end();
  });
  return streamOf(sent, message);
}

function streamOf(sent: ClientRequest, message: IncomingMessage): EventStream {
  // A connection that the other side cuts is an end here.
  message.on('error', () => {});
  sent.on('error', () => {});
  const blocks = blocksOf(message);
  const next = async (): Promise<string | null> => {
    const { value, done } = await blocks.next();
    return done === true ? null : value;
  };
  return {
    status: message.statusCode ?? 0,
    next,
    async nextEvent() {
      for (;;) {
        const block = await next();
        if (block === null) throw new Error('the stream has ended');
        const parts = /^id: (\d+)\ndata: (.*)$/s.exec(block);
        if (parts !== null) return { id: Number(parts[1]), event: JSON.parse(parts[2] ?? '') };
      }
    },
    leave: () => void sent.destroy(),
    closed: new Promise((resolve) => {
      sent.on('close', resolve);
    }),
  };
}

async function* blocksOf(message: IncomingMessage): AsyncGenerator<string, undefined> {
  let text = '';
  message.setEncoding('utf8');
  try {
    for await (const chunk of message) {
      text += String(chunk);
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        yield text.slice(0, end);
        text = text.slice(end + 2);
      }
    }
  } catch {
    // Cut off: what was whole has been yielded.
  }
  return undefined;
}
