// @ts-check
// The least that somebody does who verifies webhooks: `node:http` and HMAC, nothing stored. Prints
// where it listens.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { WEBHOOK } from '../load/webhook-senders.mjs';

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const given = Buffer.from(String(request.headers['x-signature']));
    const digest = createHmac('sha256', WEBHOOK.secret).update(body).digest('hex');
    const expected = Buffer.from(`sha256=${digest}`);
    const isValid = given.length === expected.length && timingSafeEqual(given, expected);
    const status = isValid && JSON.parse(body.toString()) !== undefined ? 202 : 401;
    const text = '{"status":"accepted"}';
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': text.length,
    });
    response.end(text);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
