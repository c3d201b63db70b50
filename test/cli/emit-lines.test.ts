import { describe, expect, test } from 'vitest';
import { IN_FLIGHT_MAX } from '../../src/cli/client.ts';
import { draftOfLine } from '../../src/cli/emit-input.ts';
import { emitLines, type LineResult } from '../../src/cli/emit-lines.ts';
import type { Line } from '../../src/cli/lines.ts';
import type { EventDraft } from '../../src/events/event.ts';
import type { EmitResult } from '../../src/signalbox.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';

const clock = new SimulatedClock();
const draftOf = ({ text }: Line): EventDraft => draftOfLine(text, { type: 'a' });

async function* lines(texts: readonly string[]): AsyncGenerator<Line> {
  for (const [i, text] of texts.entries()) yield { number: i + 1, text, tooLong: false };
}

function accepted({ data }: EventDraft): EmitResult {
  return { kind: 'accepted', id: `id-${data}`, seq: Number(data), duplicate: false };
}

async function collect(results: AsyncIterable<LineResult>): Promise<LineResult[]> {
  const all: LineResult[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describe('emitting lines', () => {
  test('tells each result in the order of the lines, whatever comes back first', async () => {
    const answers: (() => void)[] = [];
    const emit = (draft: EventDraft): Promise<EmitResult> =>
      new Promise((resolve) => {
        answers.push(() => resolve(accepted(draft)));
        if (answers.length === 3) for (const answer of answers.toReversed()) answer();
      });
    const results = await collect(emitLines(lines(['1', '2', '3']), { draftOf, emit, clock }));
    expect(results.map(({ line }) => line)).toEqual([1, 2, 3]);
  });

  test('tells a result while the next line has not come yet', async () => {
    let end: () => void = () => {};
    async function* slowly(): AsyncGenerator<Line> {
      yield { number: 1, text: '1', tooLong: false };
      await new Promise<void>((resolve) => (end = resolve));
    }
    const emit = (draft: EventDraft): Promise<EmitResult> => Promise.resolve(accepted(draft));
    const results = emitLines(slowly(), { draftOf, emit, clock });
    expect((await results.next()).value).toMatchObject({ kind: 'recorded', line: 1 });
    end();
    expect((await results.next()).done).toBe(true);
  });

  test('goes on after bad lines, naming each with its reason', async () => {
    const emit = (draft: EventDraft): Promise<EmitResult> =>
      Promise.resolve(draft.data === '3' ? { kind: 'conflict', id: 'x', seq: 9 } : accepted(draft));
    const results = await collect(emitLines(lines(['1', '{', '3', '4']), { draftOf, emit, clock }));
    expect(results.map(({ kind }) => kind)).toEqual(['recorded', 'refused', 'refused', 'recorded']);
    expect(results[1]).toMatchObject({
      line: 2,
      reason: expect.stringContaining('JSON') as string,
    });
    expect(results[2]).toMatchObject({
      reason: 'the id "x" is in the log with other content, as number 9; use another id.',
    });
  });

  test('names a line that is too long', async () => {
    async function* tooLong(): AsyncGenerator<Line> {
      yield { number: 7, text: '', tooLong: true };
    }
    const emit = (): Promise<EmitResult> => Promise.reject(new Error('never asked'));
    const [result] = await collect(emitLines(tooLong(), { draftOf, emit, clock }));
    expect(result).toMatchObject({ kind: 'refused', line: 7 });
  });

  test(`has at most ${IN_FLIGHT_MAX} events on their way`, async () => {
    let underWay = 0;
    let most = 0;
    const emit = async (draft: EventDraft): Promise<EmitResult> => {
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      await Promise.resolve();
      underWay--;
      return accepted(draft);
    };
    const many = Array.from({ length: IN_FLIGHT_MAX * 4 }, (_, i) => String(i));
    expect(await collect(emitLines(lines(many), { draftOf, emit, clock }))).toHaveLength(
      many.length,
    );
    expect(most).toBeLessThanOrEqual(IN_FLIGHT_MAX);
  });

  test('offers an event again where there was no room, and gives up after a minute', async () => {
    const time = new SimulatedClock();
    let tries = 0;
    const refused: EmitResult = { kind: 'refused', reason: 'busy', retryAfterMs: 10_000 };
    const emit = (): Promise<EmitResult> => {
      tries++;
      return Promise.resolve(refused);
    };
    const result = collect(emitLines(lines(['1']), { draftOf, emit, clock: time }));
    for (let i = 0; i < 100; i++) {
      await Promise.resolve();
      if (time.untilNext() !== undefined) time.advance(10_000);
    }
    expect(await result).toMatchObject([{ kind: 'refused', line: 1 }]);
    expect(tries).toBe(7);
  });

  test('throws what breaks the connection, after the results before it', async () => {
    const emit = (draft: EventDraft): Promise<EmitResult> =>
      draft.data === '2' ? Promise.reject(new Error('lost')) : Promise.resolve(accepted(draft));
    const results = emitLines(lines(['1', '2', '3']), { draftOf, emit, clock });
    expect((await results.next()).value).toMatchObject({ kind: 'recorded', line: 1 });
    await expect(results.next()).rejects.toThrow('lost');
  });
});
