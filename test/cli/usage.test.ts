import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, signalbox } from './signalbox.ts';

describe('a command line that is wrong', () => {
  test.each([
    [['evnts'], 'there is no command "evnts", did you mean "events"?'],
    [['runs', 'shwo'], 'did you mean "show"?'],
    [['events', 'shwo'], 'did you mean "show"?'],
    [['status', '--jso'], 'there is no flag --jso, did you mean "--json"?'],
    [['status', '-x'], 'there is no flag -x'],
    [['up', '--port', '65536'], 'signalbox: --port cannot be "65536": it is no port'],
    [['history', '--limit', 'x'], 'signalbox: --limit cannot be "x": it is no whole number'],
    [['runs', 'many'], 'signalbox: RUN cannot be "many": it is neither'],
    [['up', '--port'], '--port needs a value'],
    [['runs', 'skip', '4', 'label'], '--reason is missing\nSee: signalbox help runs skip\n'],
    [['runs', 'skip', '4', 'label', '--reason'], '--reason needs a value\n'],
    [['runs', 'set', '4', '--output', '--json'], '--output needs a value\n'],
    [['--json', 'why-not', 'x'], 'FLOW is missing\nSee: signalbox help why-not\n'],
    [['dlq', 'retry', '--with'], 'See: signalbox help dlq retry\n'],
    [['evnts'], '\nSee: signalbox help, or signalbox help COMMAND\n'],
    [['runs', 'shwo'], '\nSee: signalbox help runs\n'],
    [['up', '--port', '1', '--port', '2'], '--port is given twice'],
    [['runs', 'ls', '--state', 'done'], 'it is one of queued, running'],
    [['runs', 'show'], 'ID is missing'],
    [['status', 'now'], '"now" is a word too many'],
    [['events', '--since', 'yesterday'], '--since yesterday is no time'],
    [['rebuild'], 'rebuild --check'],
    [['--url'], '--url needs a value'],
  ])('%j is refused with what to do', async (args, message) => {
    const { code, stdout, stderr } = await signalbox(makeFolder(), args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('help', () => {
  test('lists the commands, and each tells its flags', async () => {
    const all = await signalbox(makeFolder(), ['help']);
    expect(all.code).toBe(0);
    for (const name of ['up', 'emit', 'events', 'runs', 'status', 'stats', 'verify', 'check']) {
      expect(all.stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
    const up = await signalbox(makeFolder(), ['help', 'up']);
    expect(up.stdout).toContain('--ready-file');
    expect((await signalbox(makeFolder(), ['daemon', '--help'])).stdout).toContain('--ready-file');
  });

  test('a version is told both ways', async () => {
    const { stdout } = await signalbox(makeFolder(), ['version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await signalbox(makeFolder(), ['--version'])).stdout).toBe(stdout);
  });
});

describe('check', () => {
  const GOOD = 'flows:\n  a: { on: x, steps: [{ emit: y }] }\n';

  test('finds the configuration from a folder below', async () => {
    const folder = makeFolder({ 'signalbox.yaml': GOOD });
    mkdirSync(join(folder, 'below'));
    const { code, stdout } = await signalbox(join(folder, 'below'), ['check']);
    expect(code).toBe(0);
    expect(stdout).toContain('1 flow, nothing found.');
  });

  test('lists every finding at its place, and fails', async () => {
    const folder = makeFolder({
      'x.yaml': 'flows:\n  a: { onn: x, steps: [{ emit: y }] }\nprt: 1\n',
    });
    const { code, stdout } = await signalbox(folder, ['check', 'x.yaml']);
    expect(code).toBe(65);
    expect(stdout).toMatch(/^x\.yaml:2:8: error: .*did you mean "on"\?/m);
    expect(stdout).toMatch(/^x\.yaml:3:1: error: .*did you mean "port"\?/m);
    expect(stdout).toMatch(/^3 errors, 0 warnings\.$/m);
  });

  test('checks a file of flows with the configuration that it belongs to', async () => {
    const folder = makeFolder({ 'signalbox.yaml': GOOD });
    mkdirSync(join(folder, 'flows'));
    writeFileSync(
      join(folder, 'flows', 'b.yaml'),
      'flows:\n  a: { on: x, steps: [{ emit: y }] }\n',
    );
    const { code, stdout } = await signalbox(folder, ['check', 'flows/b.yaml']);
    expect(code).toBe(65);
    expect(stdout).toMatch(/^flows\/b\.yaml:2:3: error: /m);
  });

  test('tells programs the same', async () => {
    const folder = makeFolder({ 'x.yaml': 'port: high\nflows: {}\n' });
    const { code, stdout } = await signalbox(folder, ['check', 'x.yaml', '--json']);
    expect(code).toBe(65);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      findings: [{ file: 'x.yaml', line: 1, column: 7, severity: 'error' }],
    });
  });

  test('takes warnings for errors where it is strict', async () => {
    const near = [
      'flows:',
      '  a: { on: a.b, steps: [{ emit: x }] }',
      '  c: { on: d, steps: [{ emit: a_b }] }',
    ].join('\n');
    const folder = makeFolder({ 'signalbox.yaml': near });
    const lenient = await signalbox(folder, ['check']);
    expect(lenient.stdout).toContain(': warning: ');
    expect(lenient.code).toBe(0);
    expect((await signalbox(folder, ['check', '--strict'])).code).toBe(65);
  });

  test('names a file that is not there', async () => {
    const { code, stdout } = await signalbox(makeFolder(), ['check', 'nowhere.yaml']);
    expect(code).toBe(65);
    expect(stdout).toContain('nowhere.yaml');
  });
});
