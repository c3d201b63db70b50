import { describe, expect, test } from 'vitest';
import type { SpanSender } from '../../src/signalbox/otlp.ts';
import { wantsTraces } from '../../src/signalbox/otlp.ts';
import { Tracer } from '../../src/signalbox/tracer.ts';
import { silentLogger } from '../../src/std/logger.ts';
import type { Span } from '../../src/views/traces/span.ts';
import { catalogOf, listens, Station } from '../routing/station.ts';
import { readerOf } from '../views/reader.ts';

/** Takes spans, or refuses them for as long as it is told to. */
class Taker implements SpanSender {
  readonly taken: Span[] = [];
  refusals = 0;
  tries = 0;

  async send(spans: readonly Span[]): Promise<void> {
    this.tries++;
    if (this.refusals-- > 0) throw new Error('nobody takes them');
    this.taken.push(...spans);
  }

  async close(): Promise<void> {}
}

function tracerOf(station: Station, taker: Taker, errors: string[] = []): Tracer {
  const logger = { ...silentLogger, error: (message: string) => void errors.push(message) };
  const { clock } = station;
  return new Tracer({ reader: readerOf(station), open: async () => taker, clock, logger });
}

async function openStation(before?: Station): Promise<Station> {
  const station = await Station.open({}, before);
  if (before === undefined) await station.activate(catalogOf('greeting', listens('greet', 'hi')));
  await station.start();
  return station;
}

describe('a tracer', () => {
  test('sends what was refused until it is taken, and loses nothing meanwhile', async () => {
    const station = await openStation();
    const taker = new Taker();
    taker.refusals = 3;
    const tracer = tracerOf(station, taker);
    await tracer.start();
    for (let i = 0; i < 5; i++) await station.emit('hi');
    await station.routed();
    const [end] = await station.store.read({ after: 0, limit: 1, type: 'run.succeeded' });
    for (let i = 1; i <= 3; i++) {
      await station.until(() => taker.tries >= i);
      await station.settle();
      expect(tracer.seen).toBeLessThan(end?.seq ?? 0);
      station.clock.advance(60_000);
    }
    await station.until(() => taker.taken.length === 10);
    expect(new Set(taker.taken.map(({ spanId }) => spanId)).size).toBe(10);
    await station.until(() => tracer.seen === station.store.head());
    await tracer.stop();
    await station.stop();
  });

  test('gives up in the end, and says so', async () => {
    const station = await openStation();
    const taker = new Taker();
    taker.refusals = 10;
    const errors: string[] = [];
    const tracer = tracerOf(station, taker, errors);
    await tracer.start();
    await station.emit('hi');
    await station.routed();
    for (let i = 1; i <= 10; i++) {
      await station.until(() => taker.tries >= i);
      await station.settle();
      station.clock.advance(60_000);
    }
    await station.until(() => errors.length > 0);
    expect(errors).toEqual(['traces were not taken, and are given up']);
    const lost = tracer.families().find(({ name }) => name === 'signalbox_spans_total');
    expect(lost?.samples).toContainEqual({ labels: { result: 'lost' }, value: 2 });
    await station.emit('hi');
    await station.until(() => taker.taken.length === 2);
    await tracer.stop();
    await station.stop();
  });

  test('goes on where it was, and sends the same spans where it died in between', async () => {
    const first = await openStation();
    const taker = new Taker();
    const dying = tracerOf(first, taker);
    await dying.start();
    await first.emit('hi');
    await first.until(() => taker.taken.length === 2);
    await dying.stop();
    // Nobody traces it: the daemon is dead.
    await first.emit('hi');
    await first.routed();
    await first.stop();
    const second = await openStation(first);
    const tracer = tracerOf(second, taker);
    await tracer.start();
    await second.until(() => taker.taken.length === 4);
    await tracer.stop();
    // The place that a crash forgot: everything behind the last one that was kept comes again.
    const place = { source: 'signalbox:traces', key: 'place', value: '0' };
    await second.store.append({ writes: [], cursors: [place] });
    const again = tracerOf(second, taker);
    await again.start();
    await second.until(() => taker.taken.length === 8);
    const ids = taker.taken.map(({ spanId }) => spanId);
    expect(ids.slice(4)).toEqual(ids.slice(0, 4));
    await again.stop();
    await second.stop();
  });

  test('lets a stop wait for two seconds, though nobody answers, and forgets nothing', async () => {
    const first = await openStation();
    const silent = new Taker();
    silent.send = () => {
      silent.tries++;
      return new Promise(() => {});
    };
    const tracer = tracerOf(first, silent);
    await tracer.start();
    await first.emit('hi');
    await first.until(() => silent.tries === 1);
    const stopped = tracer.stop();
    first.clock.advance(2_000);
    await stopped;
    await first.stop();
    const second = await openStation(first);
    const taker = new Taker();
    const next = tracerOf(second, taker);
    await next.start();
    await second.until(() => taker.taken.length === 2);
    expect(silent.tries).toBe(1);
    await next.stop();
    await second.stop();
  });

  test('keeps no daemon from its work where nothing can be sent', async () => {
    const station = await openStation();
    const errors: string[] = [];
    const logger = { ...silentLogger, error: (message: string) => void errors.push(message) };
    const open = (): Promise<SpanSender> => Promise.reject(new Error('not installed'));
    const { clock } = station;
    const tracer = new Tracer({ reader: readerOf(station), open, clock, logger });
    await tracer.start();
    expect(errors).toEqual(['no traces are sent']);
    expect(tracer.seen).toBeUndefined();
    await tracer.stop();
    await station.stop();
  });
});

test.each([
  [{}, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_SDK_DISABLED: 'true' }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_TRACES_EXPORTER: 'none' }, false],
])('traces are wanted as the environment says: %j is %s', (env, wanted) => {
  expect(wantsTraces(env)).toBe(wanted);
});
