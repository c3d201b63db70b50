import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox, signalboxJson, startDaemon } from './signalbox.ts';

const YAML = `
port: 0
sources:
  - { type: schedule, cron: "0 9 * * MON", timezone: Asia/Kolkata, handler: weekly }
handlers:
  weekly: { emit: done }
`;

describe('schedules next', () => {
  test('prints when a cron comes, by the clock of its zone', async () => {
    const folder = makeFolder();
    const words = ['schedules', 'next', '30 2 * * *', '--timezone', 'Europe/Berlin'];
    const range = ['--from', '2026-03-28T02:30', '--count', '3'];
    expect(await signalbox(folder, [...words, ...range])).toEqual({
      code: 0,
      stderr: '',
      stdout:
        '2026-03-28T01:30:00.000Z  Sat 2026-03-28 02:30:00 Europe/Berlin\n' +
        '2026-03-29T01:00:00.000Z  Sun 2026-03-29 03:00:00 Europe/Berlin\n' +
        '2026-03-30T00:30:00.000Z  Mon 2026-03-30 02:30:00 Europe/Berlin\n',
    });
    const from = ['--from', '2026-12-01T00:00Z', '--count', '2'];
    expect(await signalboxJson(folder, ['schedules', 'next', '@daily', ...from])).toEqual({
      cron: '@daily',
      timezone: 'UTC',
      next: ['2026-12-01T00:00:00.000Z', '2026-12-02T00:00:00.000Z'],
    });
    expect((await signalbox(folder, ['schedules', 'next', '* * * * *'])).stdout).toMatch(
      /^(\S+:00\.000Z .+ UTC\n){10}$/,
    );
  });

  test.each([
    [['0 9 * * MOON'], 'CRON: the weekday "MOON" cannot be read, did you mean "MON"?'],
    [['@daily', '--timezone', 'Berlin'], '"Berlin" is no time zone; did you mean "Europe/Berlin"?'],
    [['@daily', '--from', 'soon'], '--from: it is no time; write one such as 2026-03-29T00:00.'],
    [['@daily', '--count', '1001'], '--count: at most 1000 are shown.'],
  ])('refuses %j with the remedy', async (words, message) => {
    const { code, stderr } = await signalbox(makeFolder(), ['schedules', 'next', ...words]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('schedules ls', () => {
  test('says the same through the daemon and without one', async () => {
    const folder = makeFolder({ 'signalbox.yaml': YAML });
    const { end } = await startDaemon(folder);
    const shown = await signalboxJson(folder, ['schedules', '--next', '1']);
    const { stdout } = await signalbox(folder, ['schedules', 'ls', '--next', '2']);
    await end();
    expect(await signalboxJson(folder, ['schedules', '--next', '1'])).toEqual(shown);
    expect(shown).toMatchObject({ items: [{ name: 'schedule:weekly', last: null }] });
    const times = String.raw`Mon \d{4}-\d\d-\d\d 09:00:00\n`;
    const lines = [
      'schedule:weekly\n',
      String.raw` {2}times {5}0 9 \* \* MON \(Asia/Kolkata\)\n`,
      ' {2}handlers {2}weekly\n',
      ' {2}last {6}never\n',
      ` {2}next {6}${times} {12}${times}`,
    ];
    expect(stdout).toMatch(new RegExp(`^${lines.join('')}$`));
  });
});
