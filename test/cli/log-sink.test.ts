import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { openLogSink } from '../../src/cli/log-sink.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';

/** A reader that takes nothing until it is told to. */
class SlowReader extends Writable {
  readonly taken: string[] = [];
  #waiting: (() => void)[] = [];
  #reads = false;

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.taken.push(chunk.toString());
    if (this.#reads) done();
    else this.#waiting.push(done);
  }

  read(): void {
    this.#reads = true;
    for (const done of this.#waiting) done();
    this.#waiting = [];
  }
}

const LINE = `${'x'.repeat(1_023)}\n`;
const clock = new SimulatedClock();

describe('the log of a daemon', () => {
  test('keeps a mebibyte for a reader that does not read, and counts what it drops', async () => {
    const reader = new SlowReader();
    const sink = openLogSink(reader, clock);
    for (let i = 0; i < 2_000; i++) sink.write(LINE);
    expect(reader.writableLength).toBeLessThan(1_100_000);
    reader.read();
    await sink.flush();
    sink.write('again\n');
    await sink.flush();
    const kept = reader.taken.filter((line) => line === LINE).length;
    expect(reader.taken).toContain(
      `${2_000 - kept} lines of this log were dropped: nobody read it.\n`,
    );
    expect(reader.taken).toContain('again\n');
  });

  test('goes on in silence where its reader has gone away', async () => {
    const reader = new SlowReader();
    const sink = openLogSink(reader, clock);
    reader.destroy(new Error('EPIPE'));
    await new Promise<void>((resolve) => reader.once('close', () => resolve()));
    sink.write(LINE);
    await sink.flush();
    expect(reader.taken).toEqual([]);
  });

  test('is not waited for longer than a second at the end', async () => {
    const reader = new SlowReader();
    const sink = openLogSink(reader, clock);
    sink.write(LINE);
    let flushed = false;
    const flush = sink.flush().then(() => (flushed = true));
    clock.advance(999);
    await Promise.resolve();
    expect(flushed).toBe(false);
    clock.advance(1);
    await flush;
    expect(flushed).toBe(true);
  });
});
