import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';

const WEEKLY = fileURLToPath(new URL('../../examples/weekly', import.meta.url));

function copyWeekly(): string {
  const folder = makeFolder();
  cpSync(WEEKLY, folder, { recursive: true });
  return folder;
}

describe('the weekly report', () => {
  test('has nothing to find fault with', async () => {
    const { code, stdout } = await signalbox(copyWeekly(), ['check', '--strict']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '2 flows, nothing found.\n' });
  });

  test('is written by hand too, and things are looked at by themselves', async () => {
    const folder = copyWeekly();
    const { logged } = await startDaemon(folder);
    await signalbox(folder, ['trigger', 'weekly-summary', '--wait']);
    const written = await signalboxJson(folder, ['events', '--type', 'report.written']);
    expect(written).toMatchObject({ items: [{ data: { since: '1 week ago' } }] });
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toMatch(/^# Since 1 week ago\n\n/);

    await logged(/run succeeded.* flow=health-check[^]*run succeeded.* flow=health-check/);
    const { items } = (await signalboxJson(folder, [
      'events',
      '1000',
      '--type',
      'health.checked',
    ])) as {
      readonly items: readonly { readonly data: { readonly before: string } }[];
    };
    const [first, ...later] = items
      .map(({ data }) => data.before)
      .toSorted()
      .toReversed();
    expect(first).toBe('never');
    expect(later.map((time) => Date.parse(time) % 2_000)).toEqual(later.map(() => 0));
  });

  test('is shown with what comes next', async () => {
    const folder = copyWeekly();
    await startDaemon(folder);
    const { items } = (await signalboxJson(folder, ['schedules', 'ls', '--next', '2'])) as {
      readonly items: readonly { readonly name: string; readonly next: readonly string[] }[];
    };
    expect(items).toMatchObject([
      { name: 'schedule:weekly-summary', timezone: 'Europe/Berlin', last: null, missed: [] },
      { name: 'schedule:health-check', every_ms: 2_000 },
    ]);
    const mondays = items[0]?.next.map((iso) => new Date(iso).getUTCDay());
    expect(mondays).toEqual([1, 1]);
    const { stdout } = await signalbox(folder, ['schedules']);
    expect(stdout).toMatch(/^schedule:weekly-summary\n {2}times {5}0 9 \* \* MON \(Europe/);
    expect(stdout).toMatch(/^ {2}next {6}Mon \d{4}-\d\d-\d\d 09:00:00$/m);
  });
});
