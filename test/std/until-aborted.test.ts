import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { untilAborted } from '../../src/std/until-aborted.ts';

const STOPPED = 'it was stopped before an answer came';

interface Work {
  readonly promise: Promise<string>;
  resolve(value: string): void;
  reject(reason: Error): void;
}

/** Work that ends when the test says so. */
function openWork(): Work {
  let [resolve, reject]: [Work['resolve'], Work['reject']] = [() => {}, () => {}];
  const promise = new Promise<string>((onResolve, onReject) => {
    [resolve, reject] = [onResolve, onReject];
  });
  return { promise, resolve, reject };
}

describe('work that nobody stops', () => {
  test('comes to what it comes to', async () => {
    const { signal } = new AbortController();
    await expect(untilAborted(Promise.resolve(7), signal)).resolves.toBe(7);
  });

  test('fails as it fails', async () => {
    const { signal } = new AbortController();
    await expect(untilAborted(Promise.reject(new Error('no luck')), signal)).rejects.toThrow(
      'no luck',
    );
  });

  test('listens to the signal only until it has ended', async () => {
    const { signal } = new AbortController();
    const work = openWork();
    const answer = untilAborted(work.promise, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    work.resolve('done');
    expect(await answer).toBe('done');
    await Promise.resolve();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('work that is stopped', () => {
  test('rejects at once, and what it comes to later changes nothing', async () => {
    const stop = new AbortController();
    const work = openWork();
    const answer = untilAborted(work.promise, stop.signal);
    stop.abort();
    await expect(answer).rejects.toThrow(STOPPED);
    work.resolve('too late');
    await expect(answer).rejects.toThrow(STOPPED);
  });

  test('may fail later without anybody being told', async () => {
    const stop = new AbortController();
    const work = openWork();
    const answer = untilAborted(work.promise, stop.signal);
    stop.abort();
    await expect(answer).rejects.toThrow(STOPPED);
    work.reject(new Error('too late'));
    await expect(answer).rejects.toThrow(STOPPED);
  });

  test('before it began rejects, even if it has its answer', async () => {
    await expect(untilAborted(Promise.resolve(7), AbortSignal.abort())).rejects.toThrow(STOPPED);
  });
});
