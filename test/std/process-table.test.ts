import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProcessTable } from '../../src/std/process-table.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'table-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the process table', () => {
  test('reads a process whatever its name holds', () => {
    add(7, { name: 'a) R (b', parent: 3, start: 42 });
    expect(table().entry(7)).toMatchObject({ pid: 7, start: '42' });
  });

  test('takes a zombie, a torn line and a missing process for ended', () => {
    add(7, { state: 'Z' });
    write(8, 'stat', '8 (short) R 1');
    expect([7, 8, 9].map((pid) => table().entry(pid))).toEqual([undefined, undefined, undefined]);
  });

  test('finds what descends from a process over several generations', () => {
    add(1, { start: 5 });
    add(2, { parent: 1, start: 6 });
    add(3, { parent: 2, start: 7 });
    add(4, { parent: 9 });
    expect(pidsOf(table().descendants({ pid: 1, start: '5' }))).toEqual([2, 3]);
  });

  test('finds nothing below a process whose number is now another one’s', () => {
    add(1, { start: 5 });
    add(2, { parent: 1 });
    expect(table().descendants({ pid: 1, start: '4' })).toEqual([]);
  });

  test('finds the marked processes among many', async () => {
    for (let pid = 1; pid <= 200; pid++) {
      write(pid, 'environ', pid % 50 === 0 ? `A=b\0MARK=x.${pid}\0` : 'A=b\0');
    }
    expect((await marked('MARK=x.')).toSorted((a, b) => a - b)).toEqual([50, 100, 150, 200]);
    expect(await marked('MARK=x.', 'MARK=x.50')).not.toContain(50);
  });

  test('never gives out the process that asks', async () => {
    write(process.pid, 'environ', 'MARK=x\0');
    expect(await marked('MARK=x')).toEqual([]);
  });

  test('is empty and says so where the system shows no processes', async () => {
    const none = new ProcessTable(join(folder, 'missing'));
    expect(none.available).toBe(false);
    expect(none.entry(process.pid)).toBeUndefined();
    expect(none.descendants({ pid: process.pid, start: '1' })).toEqual([]);
    for await (const pid of none.marked('')) expect(pid).toBeUndefined();
  });
});

function table(): ProcessTable {
  return new ProcessTable(folder);
}

interface Fields {
  readonly name?: string;
  readonly state?: string;
  readonly parent?: number;
  readonly start?: number;
}

function add(pid: number, { name = 'sh', state = 'S', parent = 0, start = 1 }: Fields): void {
  const between = Array.from({ length: 17 }, () => '0').join(' ');
  write(pid, 'stat', `${pid} (${name}) ${state} ${parent} ${between} ${start} 0 0\n`);
}

function write(pid: number, file: string, text: string): void {
  mkdirSync(join(folder, String(pid)), { recursive: true });
  writeFileSync(join(folder, String(pid), file), text);
}

function pidsOf(entries: readonly { readonly pid: number }[]): number[] {
  return entries.map(({ pid }) => pid);
}

async function marked(marker: string, except?: string): Promise<number[]> {
  const found: number[] = [];
  for await (const pid of table().marked(marker, except)) found.push(pid);
  return found;
}
