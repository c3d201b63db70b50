import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { listen } from '../fixtures/http-target.ts';

/** What was asked of a target under one idempotency key. */
export interface Effect {
  /** The number of the attempt of each call. */
  readonly attempts: readonly number[];
  readonly bodies: ReadonlySet<string>;
}

/** A target of `http` steps that writes down each call by its key, as an honest one would. */
export interface EffectLedger {
  readonly port: number;
  readonly url: string;
  readonly effects: ReadonlyMap<string, Effect>;
}

/** Starts a ledger; it ends with the test. */
export async function startLedger(): Promise<EffectLedger> {
  const effects = new Map<string, { attempts: number[]; bodies: Set<string> }>();
  const server = createServer((request, response) => {
    void text(request).then(
      (body) => {
        const key = String(request.headers['idempotency-key']);
        const effect = effects.get(key) ?? { attempts: [], bodies: new Set() };
        effect.attempts.push(Number(request.headers['x-signalbox-attempt']));
        effect.bodies.add(body);
        effects.set(key, effect);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"noted":true}');
      },
      () => {},
    );
  });
  const { port } = await listen(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, url: `http://127.0.0.1:${port}`, effects };
}
