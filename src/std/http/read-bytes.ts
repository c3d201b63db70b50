import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/**
 * Reads a request's body to its end.
 *
 * Rejects with an HttpError: `request.too_large` as soon as more than `bytesMax` bytes are
 * announced or have come, of which no more than these are ever held; `request.malformed` where the
 * body breaks off.
 */
export function readBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= bytesMax) return void chunks.push(chunk);
      request.off('data', onData);
      reject(tooLarge());
    };
    request.on('data', onData);
    request.once('end', () => {
      const [first] = chunks;
      resolve(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks));
    });
    request.once('error', () => reject(brokenOff()));
  });
}

function tooLarge(): HttpError {
  return new HttpError('request.too_large', 'The body is too large.', { status: 413 });
}

function brokenOff(): HttpError {
  return new HttpError('request.malformed', 'The request cannot be read.', { status: 400 });
}
