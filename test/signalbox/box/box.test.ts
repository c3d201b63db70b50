import { expect, onTestFinished, test } from 'vitest';
import { flow } from '../../../src/flows/code/flow.ts';
import { type Testbox, testbox } from '../../../src/signalbox/testing/testbox.ts';
import type { TestboxOptions } from '../../../src/signalbox/testing/testbox.ts';
import type { Event } from '../../../src/events/event.ts';
import { RetryableError, TerminalError } from '../../../src/std/errors.ts';
import type { Json } from '../../../src/std/json.ts';
import type { EmitOptions } from '../../../src/signalbox/box/emitting.ts';
import type { Logger } from '../../../src/std/logger.ts';

async function opened(options: TestboxOptions = {}): Promise<Testbox> {
  const made = await testbox(options);
  onTestFinished(() => made.stop());
  return made;
}

/** Keeps the messages that are not for information only. */
function listening(): { readonly lines: string[]; readonly logger: Logger } {
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  return { lines, logger: { info: () => {}, warn: note, error: note } };
}

const seqs = (events: readonly Event[]): unknown[] => events.map(({ data }) => data);

test('a subscriber is told of each event of its type in order', async () => {
  const told: Event[] = [];
  const made = await opened({
    setup: (box) => box.subscribe('order.*', 'books', (event) => void told.push(event)),
  });
  await made.emit('order.placed', 1);
  await made.emit('other', 2);
  await made.emit('order.paid', 3);
  expect(seqs(told)).toEqual([1, 3]);
  expect(told[0]).toMatchObject({ type: 'order.placed', source: 'code' });
});

test('one that throws is told again after pauses, in order, and holds up nobody else', async () => {
  const { lines, logger } = listening();
  const told: unknown[] = [];
  const others: unknown[] = [];
  let failures = 3;
  const made = await opened({
    logger,
    setup: (box) => {
      box.subscribe('a', 'failing', ({ data }) => {
        if (data === 1 && failures-- > 0) throw new Error('no');
        told.push(data);
      });
      box.subscribe('a', 'well', ({ data }) => void others.push(data));
      box.subscribeLive('a', ({ data }) => {
        others.push(`live ${JSON.stringify(data)}`);
        throw new Error('not told again');
      });
    },
  });
  await made.emit('a', 1);
  await made.emit('a', 2);
  expect(told).toEqual([]);
  expect(others).toEqual(expect.arrayContaining([1, 2, 'live 1', 'live 2']));
  await made.advance('10s');
  expect(told).toEqual([1, 2]);
  expect(others).toHaveLength(4);
  const again = lines.filter((line) => line === 'a subscriber failed, and is told again');
  expect(again).toHaveLength(3);
});

test('a RetryableError says when, and a TerminalError that it is never', async () => {
  const { lines, logger } = listening();
  const told: string[] = [];
  const made = await opened({
    logger,
    setup: (box) =>
      box.subscribe('a', 'picky', ({ data }) => {
        told.push(JSON.stringify(data));
        if (data === 'never') throw new TerminalError('not this one');
        if (told.length < 3) throw new RetryableError('busy', { afterMs: 3_600_000 });
      }),
  });
  await made.emit('a', 'never');
  await made.emit('a', 'later');
  expect(told).toEqual(['"never"', '"later"']);
  await made.advance('59m');
  expect(told).toHaveLength(2);
  await made.advance('1m');
  expect(told).toEqual(['"never"', '"later"', '"later"']);
  expect(lines).toContain('a subscriber failed for good, and passes the event over');
});

test('a subscriber that comes later begins where it says, and can be ended', async () => {
  const made = await opened();
  await made.emit('a', 1);
  const all: Event[] = [];
  const late: Event[] = [];
  const end = made.box.subscribe('a', 'all', (event) => void all.push(event), { after: 0 });
  made.box.subscribe('a', 'late', (event) => void late.push(event));
  await made.advance('1s');
  await made.emit('a', 2);
  expect([seqs(all), seqs(late)]).toEqual([[1, 2], [2]]);
  await end();
  await made.emit('a', 3);
  expect([seqs(all), seqs(late)]).toEqual([
    [1, 2],
    [2, 3],
  ]);
  const again: Event[] = [];
  made.box.subscribe('a', 'all', (event) => void again.push(event));
  await made.advance('1s');
  expect(seqs(again)).toEqual([3]);
});

test('what a subscriber has not taken yet stays in the log, whatever its age', async () => {
  let taken = (): void => {};
  const told: unknown[] = [];
  const made = await opened({
    config: { retention: { events: '1h' } },
    flows: [flow('answer', { on: ['a', 'b'] }, (step) => [step.emit('answered')])],
    setup: (box) =>
      box.subscribe('a', 'slow', async ({ data }) => {
        told.push(data);
        if (data === 1) await new Promise<void>((done) => (taken = done));
      }),
  });
  await made.emit('a', 1);
  await made.emit('a', 2);
  await made.advance('6h');
  expect(seqs(await made.events('a'))).toEqual([1, 2]);
  taken();
  await made.advance('1s');
  expect(told).toEqual([1, 2]);
  // What it passes over is none of its business, and goes in its time.
  await made.emit('b');
  await made.advance('6h');
  expect(await made.events('a')).toEqual([]);
});

test('who is ended twice ends nobody else', async () => {
  const made = await opened();
  const end = made.box.subscribe('a', 'books', () => {});
  await end();
  const told: unknown[] = [];
  made.box.subscribe('a', 'books', ({ data }) => void told.push(data));
  await end();
  await made.advance('1s');
  await made.emit('a', 1);
  expect(told).toEqual([1]);
});

test('a box that is stopped as it starts is stopped', async () => {
  const { box } = await opened();
  await box.stop();
  void box.start();
  await box.stop();
  await expect(box.emit('a')).rejects.toMatchObject({ code: 'box.stopped' });
});

test('a name is one subscriber, and has to be one', async () => {
  const { box } = await opened();
  box.subscribe('a', 'pager', () => {});
  const refused = expect.objectContaining({ code: 'subscriber.invalid' }) as unknown;
  expect(() => box.subscribe('b', 'pager', () => {})).toThrow(refused);
  expect(() => box.subscribe('b', '', () => {})).toThrow(refused);
  expect(() => box.subscribe('b', 'a\nb', () => {})).toThrow(refused);
  expect(() => box.subscribe('b', 'late', () => {}, { after: Number.NaN })).toThrow(refused);
});

test.each([Number.NaN, -1, 0.5])('a stream from %s on is refused', async (after) => {
  const { box } = await opened();
  await expect(box.stream({ after }).next()).rejects.toMatchObject({ code: 'stream.invalid' });
});

test.each([() => 1, 10n, Symbol('x')])('data that is no JSON is no event', async (data) => {
  const { box } = await opened({ flows: [flow('a', {}, (step) => [step.emit('b')])] });
  const refused = { code: 'event.invalid' };
  await expect(box.emit('a', data as unknown as Json)).rejects.toMatchObject(refused);
  await expect(box.handle({ data: data as unknown as Json }, 'a')).rejects.toMatchObject(refused);
});

test('an event without a source of its own is that of the code', async () => {
  const made = await opened();
  await made.emit('a', 1, { source: undefined } as unknown as EmitOptions);
  expect(await made.events('a')).toMatchObject([{ source: 'code' }]);
});

test('a stream gives the past, then the present, at the pace of its reader', async () => {
  const made = await opened();
  for (let n = 0; n < 250; n++) await made.emit('a', n);
  const stream = made.box.stream({ after: 0, type: 'a' });
  const read = async (): Promise<unknown> => (await stream.next()).value as unknown;
  for (let n = 0; n < 250; n++) expect(await read()).toMatchObject({ data: n });
  const next = read();
  await made.emit('b');
  await made.emit('a', 'live');
  expect(await next).toMatchObject({ data: 'live' });
  const last = stream.next();
  await made.stop();
  expect(await last).toEqual({ done: true, value: undefined });
});

test('a hook in code answers for an event, and a slow or bad one only fails', async () => {
  const { lines, logger } = listening();
  const flows = [flow('greet', { on: 'user.*' }, (step) => [step.emit('greeted', '{payload}')])];
  const ended: unknown[] = [];
  const made = await opened({
    flows,
    logger,
    setup: (box) => {
      box.hook('event:received', ({ event }) => {
        const { bot } = event.data as { readonly bot?: boolean };
        return bot === true ? { action: 'skip', reason: 'a bot' } : { action: 'continue' };
      });
      box.hook('event:received', () => ({ action: 'modify', data: { team: 'blue' } }));
      box.hook('event:received', () => new Promise<undefined>(() => {}), { events: 'user.slow' });
      box.hook('event:handler:end', ({ handler, result }) => void ended.push(handler, result));
    },
  });
  await made.emit('user.created', { name: 'Ada' });
  await made.emit('user.created', { name: 'R2', bot: true });
  expect(await made.events('greeted')).toMatchObject([{ data: { name: 'Ada', team: 'blue' } }]);
  expect(await made.events('event.filtered')).toHaveLength(1);
  expect(ended).toMatchObject(['greet', { success: true }]);
  await made.emit('user.slow', {});
  await made.advance('1s');
  expect(await made.events('greeted')).toHaveLength(2);
  expect(lines).toContain('a hook failed');
});

test('what is given too late, or not what it seems, is refused', async () => {
  const made = await opened();
  const started = expect.objectContaining({ code: 'box.started' }) as unknown;
  expect(() => made.box.flow(flow('a', {}, (step) => [step.emit('b')]))).toThrow(started);
  expect(() => made.box.hook('event:received', () => {})).toThrow(started);
  await expect(made.box.emit('run.started')).rejects.toMatchObject({ code: 'event.invalid' });
  await expect(made.box.handle({}, 'none')).rejects.toMatchObject({ code: 'flow.unknown' });
  await made.emit('a', 1, { id: 'one' });
  expect(await made.emit('a', 1, { id: 'one' })).toMatchObject({ duplicate: true });
  await expect(made.box.emit('a', 2, { id: 'one' })).rejects.toMatchObject({
    code: 'event.conflict',
  });
  await made.stop();
  await expect(made.box.emit('a')).rejects.toMatchObject({ code: 'box.stopped' });
  expect(() => made.box.engine).toThrow('start it first');
});

test('a hook that there is not, or a pattern that is none, is refused at once', async () => {
  const setup: TestboxOptions['setup'] = (box) => {
    const refused = expect.objectContaining({ code: 'config.invalid' }) as unknown;
    expect(() => box.hook('event:lost' as 'event:received', () => {})).toThrow(refused);
    expect(() => box.hook('event:received', () => {}, { events: 'a*b' })).toThrow(refused);
  };
  await opened({ setup });
});
