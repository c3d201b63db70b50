import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Claims } from '../../../src/sources/event-log/claims.ts';
import { eventLogKind } from '../../../src/sources/event-log/event-log.ts';
import { readLine } from '../../../src/events/event-log/line.ts';
import { fileChangeShape } from '../../../src/sources/files/file-change-shape.ts';
import { BATCH_LINES_MAX } from '../../../src/sources/tail/tail-reader.ts';
import { silentLogger } from '../../../src/std/logger.ts';
import { SimulatedClock } from '../../../src/std/simulated-clock.ts';
import { eventLog, Logged, newFolder } from './logged.ts';

const TIME = '2025-07-30T08:56:39.521Z';

function line(type: string, payload = ''): string {
  return `${TIME}|EVENT|${type}|stage_files||${payload}\n`;
}

/** The types and payloads that a file's lines say. */
function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
}

describe('an event log', () => {
  test('is an event a line: what is there at the start, and what comes', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'event.log'), line('files_staged', '3 files'));
    const logged = await Logged.open(folder, [eventLog('event.log')]);
    expect(await logged.bench.records('files_staged')).toMatchObject([
      {
        source: 'event_log:log',
        attributes: expect.stringContaining(TIME),
        data: '{"operation":"stage_files","context":"","payload":"3 files"}',
      },
    ]);
    appendFileSync(join(folder, 'event.log'), line('commit_created'));
    expect(await logged.records('commit_created', 1)).toHaveLength(1);
  });

  test('need not be there yet, nor its folder', async () => {
    const folder = newFolder();
    const logged = await Logged.open(folder, [eventLog('claude/events/event.log')]);
    expect(logged.bench.sources.views()).toMatchObject([{ state: 'running' }]);
    mkdirSync(join(folder, 'claude/events'), { recursive: true });
    writeFileSync(join(folder, 'claude/events/event.log'), line('late'));
    expect(await logged.records('late', 1)).toHaveLength(1);
  });

  test('is read on where the daemon before had come to, through a rotation', async () => {
    const folder = newFolder();
    const path = join(folder, 'event.log');
    writeFileSync(path, line('a', '1') + line('a', '2'));
    const first = await Logged.open(folder, [eventLog('event.log')]);
    await first.bench.stop();
    appendFileSync(path, line('a', '3'));
    renameSync(path, `${path}.1`);
    writeFileSync(path, line('a', '4'));
    const second = await Logged.open(folder, [eventLog('event.log')], first);
    const records = await second.records('a', 4);
    expect(records.map(({ data }) => JSON.parse(data).payload)).toEqual(['1', '2', '3', '4']);
  });

  test('tells of bad lines in one record, and goes on', async () => {
    const folder = newFolder();
    const bad = Array.from({ length: 30 }, (_, n) => `nonsense ${n}\n`).join('');
    const big = `{"type":"big","data":"${'x'.repeat(1_100_000)}"}\n`;
    writeFileSync(join(folder, 'event.log'), `${line('a')}${bad}${big}${line('b')}`);
    const logged = await Logged.open(folder, [eventLog('event.log')]);
    expect(await logged.records('a', 1)).toHaveLength(1);
    expect(await logged.records('b', 1)).toHaveLength(1);
    const rejected = await logged.records('event_log.rejected', 2);
    const said = rejected.map(({ subject, data }) => ({ subject, ...JSON.parse(data) }));
    expect(said.reduce((sum, { count }) => sum + count, 0)).toBe(31);
    expect(said[0]).toMatchObject({ subject: 'event_log:log', path: join(folder, 'event.log') });
    expect(said.flatMap(({ lines }) => lines)).toContainEqual({
      line: 2,
      reason: expect.stringContaining('neither time|EVENT'),
      start: 'nonsense 0',
    });
    expect(said.flatMap(({ lines }) => lines).length).toBeLessThan(31);
  });

  test('has CloudEvents too, each id once, in the order of the lines', async () => {
    const folder = newFolder();
    const cloudEvent = `{"specversion":"1.0","id":"7","source":"/ci","type":"n","data":2}\n`;
    const lines = [`{"type":"n","data":1}\n`, cloudEvent, `{"type":"n","data":3}\n`, cloudEvent];
    writeFileSync(join(folder, 'event.log'), lines.join(''));
    const logged = await Logged.open(folder, [eventLog('event.log')]);
    expect((await logged.records('n', 3)).map(({ data }) => data)).toEqual(['1', '2', '3']);
  });

  test('that is a folder is degraded, until it is a file', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'event.log'));
    const logged = await Logged.open(folder, [eventLog('event.log')]);
    expect(logged.bench.sources.views()).toMatchObject([
      { state: 'degraded', error: expect.stringContaining('it is no file') },
    ]);
    renameSync(join(folder, 'event.log'), join(folder, 'folder'));
    writeFileSync(join(folder, 'event.log'), line('a'));
    expect(await logged.records('a', 1)).toHaveLength(1);
  });
});

test('an event log that is stopped while it starts lets go of its file', async () => {
  const folder = newFolder();
  const path = join(realpathSync(folder), 'event.log');
  writeFileSync(path, line('a'));
  const claims = new Claims();
  const feed = { head: () => 0, read: async () => [], onRecorded: () => () => {} };
  const clock = new SimulatedClock();
  const nothing = (): void => {};
  const source = eventLogKind({ feed, claims }).open({
    name: 'event_log:log',
    config: { path, write: true },
    directory: folder,
    clock,
    logger: silentLogger,
    aliveUntil: undefined,
    now: () => clock.now(),
    record: async () => {},
    offer: async () => ({ kind: 'refused', reason: 'stopping', retryAfterMs: 1 }),
    remembered: async function* remembered() {},
    degraded: nothing,
    recovered: nothing,
    report: nothing,
    rejected: async () => {},
  });
  const starting = source.start();
  await source.stop();
  expect(claims.writes(path)).toBe(false);
  await starting.catch(nothing);
  expect(claims.writes(path)).toBe(false);
});

describe('an event log that is written', () => {
  test('gets a line for each event that others record, and none is read back', async () => {
    const folder = newFolder();
    const path = join(folder, 'events/event.log');
    const logged = await Logged.open(folder, [eventLog('events/event.log', { write: true })]);
    await logged.emit('asked', { operation: 'a|b', context: 'c\nd', payload: '\\' });
    await logged.emit('counted', { n: 1 });
    const written = await logged.soon(async () => {
      const found = linesOf(path).map(readLine);
      const types = found.flatMap((each) => (each.kind === 'event' ? [each.event] : []));
      return types.length < 2 ? undefined : types;
    });
    expect(written).toMatchObject([
      { type: 'asked', data: '{"operation":"a|b","context":"c\\nd","payload":"\\\\"}' },
      { type: 'counted', data: '{"operation":"","context":"","payload":"{\\"n\\":1}"}' },
    ]);
    appendFileSync(path, line('from_bash'));
    await logged.records('from_bash', 1);
    await logged.emit('last', {});
    await logged.soon(
      async () => linesOf(path).some((each) => each.includes('|last|')) || undefined,
    );
    expect(await logged.bench.records('asked')).toHaveLength(1);
    expect(await logged.bench.records('event_log.rejected')).toEqual([]);
    expect(linesOf(path).filter((each) => each.includes('|from_bash|'))).toHaveLength(1);
  });

  test('has each event once, however often the daemon dies', async () => {
    const folder = newFolder();
    const path = join(folder, 'event.log');
    const source = eventLog('event.log', { write: true });
    let logged = await Logged.open(folder, [source]);
    for (let life = 0; life < 4; life++) {
      for (let n = 0; n < 20; n++) await logged.emit('x', { n: life * 20 + n });
      // What a daemon wrote and could not remember stands in the file all the same.
      if (life % 2 === 0) appendFileSync(path, line('foreign', String(life)));
      await logged.bench.stop();
      logged = await Logged.open(folder, [source], logged);
    }
    await logged.soon(async () => (linesOf(path).filter(isX).length >= 80 ? true : undefined));
    await logged.records('foreign', 2);
    const payloads = linesOf(path).filter(isX);
    expect(new Set(payloads).size).toBe(80);
    expect(payloads).toHaveLength(80);
    expect(await logged.bench.records('x')).toHaveLength(80);
    expect(await logged.bench.records('foreign')).toHaveLength(2);
  });

  test('has each event once where the daemon dies before it remembers what it wrote', async () => {
    const folder = newFolder();
    const path = join(folder, 'event.log');
    const source = eventLog('event.log', { write: true });
    const first = await Logged.open(folder, [source]);
    const { store } = first.bench;
    const before = await store.cursors({ source: 'event_log:log', limit: 10 });
    for (let n = 0; n < 9; n++) await first.emit('x', { n });
    await first.soon(async () => (linesOf(path).filter(isX).length >= 9 ? true : undefined));
    await first.bench.sources.stop();
    const forgotten = [{ key: 'position', value: null }, ...before];
    const cursors = forgotten.map((cursor) => ({ source: 'event_log:log', ...cursor }));
    await store.append({ writes: [], cursors });
    await store.close({ clean: false });
    const second = await Logged.open(folder, [source], first);
    await second.emit('x', { n: 9 });
    await second.soon(async () => (linesOf(path).filter(isX).length >= 10 ? true : undefined));
    expect(new Set(linesOf(path).filter(isX)).size).toBe(10);
    expect(linesOf(path).filter(isX)).toHaveLength(10);
    expect(await second.bench.records('x')).toHaveLength(10);
  });

  test('goes on after failures that follow one another', async () => {
    const folder = newFolder();
    const path = join(folder, 'event.log');
    const logged = await Logged.open(folder, [eventLog('event.log', { write: true })]);
    logged.fail(3);
    await logged.emit('x', {});
    await logged.soon(async () => (logged.failures === 0 ? true : undefined));
    await logged.soon(async () => (linesOf(path).some(isX) ? true : undefined));
    expect(linesOf(path).filter(isX)).toHaveLength(1);
    await logged.soon(async () =>
      logged.bench.sources.views()[0]?.state === 'running' ? true : undefined,
    );
  });

  test('is not read by another source of the daemon: that would be a circle', async () => {
    const folder = newFolder();
    const sources = [
      eventLog('event.log', { name: 'writes', write: true }),
      eventLog('./event.log', { name: 'reads' }),
    ];
    const logged = await Logged.open(folder, sources);
    const views = logged.bench.sources.views();
    expect(views.filter(({ state }) => state === 'degraded')).toMatchObject([
      { error: expect.stringContaining('one of them writes it') },
    ]);
  });

  test('is not told of as a changed file: each line would make the next', async () => {
    const folder = realpathSync(newFolder());
    const config = fileChangeShape.schema.parse({ path: '.', debounce_ms: 0 });
    const files = { ...eventLog(''), name: 'file_change:all', type: 'file_change', config };
    const log = eventLog('event.log', { write: true });
    const logged = await Logged.open(folder, [log, files]);
    writeFileSync(join(folder, 'other.txt'), 'x');
    await logged.records('file.changed', 1);
    await logged.emit('x', {});
    await logged.soon(async () =>
      linesOf(join(folder, 'event.log')).some(isX) ? true : undefined,
    );
    writeFileSync(join(folder, 'third.txt'), 'x');
    const changed = await logged.records('file.changed', 2);
    expect(changed.flatMap(({ data }) => JSON.parse(data).files)).toEqual([
      'other.txt',
      'third.txt',
    ]);
  });

  test('does not get what came from another log', async () => {
    const folder = newFolder();
    const sources = [
      eventLog('a.log', { name: 'a', write: true }),
      eventLog('b.log', { name: 'b', write: true }),
    ];
    const logged = await Logged.open(folder, sources);
    appendFileSync(join(folder, 'a.log'), line('from_a'));
    await logged.records('from_a', 1);
    await logged.emit('after', {});
    for (const name of ['a.log', 'b.log']) {
      await logged.soon(
        async () =>
          linesOf(join(folder, name)).some((each) => each.includes('|after|')) || undefined,
      );
    }
    expect(linesOf(join(folder, 'b.log')).some((each) => each.includes('from_a'))).toBe(false);
  });

  test('does not take for news what it wrote of a line before the disk was full', async () => {
    const folder = newFolder();
    const path = join(folder, 'event.log');
    const source = eventLog('event.log', { write: true });
    const first = await Logged.open(folder, [source]);
    const { store } = first.bench;
    const before = await store.cursors({ source: 'event_log:log', limit: 10 });
    for (const n of [1, 2]) await first.emit('x', { n });
    await first.soon(async () => (linesOf(path).filter(isX).length >= 2 ? true : undefined));
    await first.bench.sources.stop();
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, whole.slice(0, -'2}\n'.length));
    const cursors = [{ key: 'position', value: null }, ...before];
    const remembered = cursors.map((cursor) => ({ source: 'event_log:log', ...cursor }));
    await store.append({ writes: [], cursors: remembered });
    await store.close({ clean: false });
    const second = await Logged.open(folder, [source], first);
    await second.soon(async () => (linesOf(path).filter(isX).length >= 3 ? true : undefined));
    appendFileSync(path, line('after'));
    await second.records('after', 1);
    const payloads = (await second.bench.records('x')).map(({ data }) => data);
    expect(payloads).toEqual(['{"n":1}', '{"n":2}']);
    expect(linesOf(path).filter((each) => each.endsWith('{"n":2}'))).toHaveLength(1);
  });

  test('ends a line that another writer left unfinished', async () => {
    const folder = newFolder();
    const path = join(folder, 'event.log');
    writeFileSync(path, `${TIME}|EVENT|torn|`);
    const logged = await Logged.open(folder, [eventLog('event.log', { write: true })]);
    await logged.emit('x', {});
    await logged.soon(async () => (linesOf(path).some(isX) ? true : undefined));
    expect(await logged.records('event_log.rejected', 1)).toHaveLength(1);
    expect(linesOf(path)[0]).toBe(`${TIME}|EVENT|torn|`);
  });

  test('catches up with more than one batch', async () => {
    const folder = newFolder();
    const path = join(folder, 'event.log');
    const logged = await Logged.open(folder, [eventLog('event.log', { write: true })]);
    const count = BATCH_LINES_MAX + 10;
    await Promise.all(Array.from({ length: count }, (_, n) => logged.emit('x', { n })));
    await logged.soon(async () => (linesOf(path).filter(isX).length >= count ? true : undefined));
    expect(linesOf(path).filter(isX)).toHaveLength(count);
  });
});

function isX(text: string): boolean {
  return text.includes('|EVENT|x|');
}
