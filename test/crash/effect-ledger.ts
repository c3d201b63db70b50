import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** What was asked of a target under one idempotency key. */
export interface Effect {
  calls: number;
  readonly bodies: Set<string>;
}

/** A target of `http` steps that writes down each call by its key, as an honest one would. */
export interface EffectLedger {
  readonly port: number;
  readonly url: string;
  readonly effects: ReadonlyMap<string, Effect>;
}

/** Starts a ledger. */
export async function startLedger(): Promise<EffectLedger> {
  const effects = new Map<string, Effect>();
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const key = String(request.headers['idempotency-key']);
      const effect = effects.get(key) ?? { calls: 0, bodies: new Set() };
      effect.calls++;
      effect.bodies.add(body);
      effects.set(key, effect);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"noted":true}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, effects };
}
