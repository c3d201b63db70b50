import { expect, onTestFinished, test } from 'vitest';
import { ApiClient } from '../crash/api-client.ts';
import { expectSoundLog } from '../crash/siege.ts';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { startTarget, type Target } from '../fixtures/http-target.ts';
import { allowedMs } from '../fixtures/allowed-ms.ts';

const RUNS = 500;
/** Calls that may be under way at once, and so be refused before the first refusal is known. */
const SLOTS = 8;
/** The most refusals, as a part of the runs. */
const BUDGET = 0.1;
/** How soon all runs end once the target is back. */
const BACK_MS_MAX = allowedMs(60_000);
const PAUSE_S = 1;
/** So often the target says that it is still away. */
const ROUNDS = 3;

/** A target that is away, and says for how long, until that was over so many times. */
class Absent {
  /** When it was asked, and refused. */
  readonly refused: number[] = [];
  backSince: number | undefined;
  readonly #status: number;
  #away = 0;

  constructor(status: number) {
    this.#status = status;
  }

  async start(): Promise<Target> {
    const target = await startTarget((response) => {
      const now = performance.now();
      if (this.#isBack(now)) return void response.end('done');
      this.refused.push(now);
      response.writeHead(this.#status, { 'retry-after': String(PAUSE_S) }).end();
    });
    onTestFinished(() => target.stop());
    return target;
  }

  /** Those who ask within half of the pause ask in the same round: nobody told them yet. */
  #isBack(now: number): boolean {
    const last = this.refused.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (now - last > (PAUSE_S * 1_000) / 2) this.#away++;
    if (this.#away <= ROUNDS) return false;
    this.backSince ??= now;
    return true;
  }
}

function configuration({ port, url }: Target): string {
  const retry = { attempts: 10, delay: '100ms' };
  return JSON.stringify({
    max_concurrent_handlers: SLOTS,
    security: { http_allow: [`127.0.0.1:${port}`] },
    flows: { work: { on: 'work.asked', steps: [{ id: 'call', http: { url }, retry }] } },
  });
}

/** F40 of the fault matrix, with a target that says that it is away. */
test.each([503, 429])(
  `${RUNS} runs ask a target that answers %i a few times, and all end when it is back`,
  async (status) => {
    const absent = new Absent(status);
    const target = await absent.start();
    const folder = makeFolder({ 'signalbox.yaml': configuration(target) });
    const daemon = await startDaemon(folder);
    const client = new ApiClient(daemon.ready);
    const send = (): Promise<unknown> => client.emit({ type: 'work.asked' });
    await Promise.all(Array.from({ length: RUNS }, send));
    const { runs } = await client.quiet();
    const tookMs = performance.now() - (absent.backSince ?? 0);
    const refused = absent.refused.length;
    console.log(`${refused} of ${RUNS} runs were refused, all ended in ${Math.round(tookMs)} ms`);
    expect(runs).toMatchObject({ succeeded: RUNS, failed: 0 });
    expect(refused).toBeGreaterThanOrEqual(ROUNDS);
    expect(refused).toBeLessThanOrEqual(BUDGET * RUNS);
    expect(target.received).toHaveLength(RUNS + refused);
    expect(tookMs).toBeLessThan(BACK_MS_MAX);
    expect(await daemon.end()).toBe(0);
    await expectSoundLog(folder);
  },
);
