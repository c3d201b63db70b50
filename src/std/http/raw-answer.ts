import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { HttpError, PROBLEM_TYPE, problemText } from './http-error.ts';
import { errorBody } from './page.ts';
import { REQUEST_ID, type RequestIds } from './request-ids.ts';

/** What every answer says to browsers and caches, errors included. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

/** Answers a request that never reaches the router. Its id stands in the answer already. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { error, bodyBytes }: { readonly error: HttpError; readonly bodyBytes: number },
): void {
  drain(request, bodyBytes);
  const id = response.getHeader(REQUEST_ID);
  const { type, text } = errorBody(error, request, id === undefined ? undefined : String(id));
  const isLong = Number(request.headers['content-length'] ?? 0) > bodyBytes;
  response.writeHead(error.status, {
    ...error.headers,
    // Of a body that is not taken in to its end, nobody waits for the rest.
    ...(isLong ? { connection: 'close' } : {}),
    'content-type': type,
    'content-length': Buffer.byteLength(text),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

/** Takes in what is still sent, so that the client gets to read its answer; but not for ever. */
function drain(request: IncomingMessage, bytesMax: number): void {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) request.destroy();
  });
}

/** What Node says of bytes that it could not read as a request. */
interface Unreadable {
  readonly code?: string;
  readonly rawPacket?: unknown;
}

/** Answers what Node could not even read as a request, and hangs up. It has an id all the same. */
export function unreadableAnswerer(ids: RequestIds): (cause: Unreadable, socket: Duplex) => void {
  return (cause, socket) => answerUnreadable(cause, socket, ids.next());
}

function answerUnreadable(cause: Unreadable, socket: Duplex, id: string): void {
  if (!socket.writable || cause.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const error = unreadable(cause);
  const body = problemText(error, id);
  const headers = {
    ...SECURITY_HEADERS,
    [REQUEST_ID]: id,
    connection: 'close',
    'content-type': PROBLEM_TYPE,
    'content-length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const status = `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`;
  socket.end(`${[status, ...lines].join('\r\n')}\r\n\r\n${isHead(cause) ? '' : body}`);
}

function isHead({ rawPacket }: Unreadable): boolean {
  return Buffer.isBuffer(rawPacket) && rawPacket.subarray(0, 5).toString('latin1') === 'HEAD ';
}

function unreadable({ code }: Unreadable): HttpError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': {
      const message = 'The headers are too large.';
      return new HttpError('request.headers_too_large', message, { status: 431 });
    }
    case 'ERR_HTTP_REQUEST_TIMEOUT': {
      const message = 'The request took too long to arrive.';
      return new HttpError('request.too_slow', message, { status: 408 });
    }
    default:
      return new HttpError('request.malformed', 'This is not HTTP/1.1.', { status: 400 });
  }
}
