import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lookAtConfiguration, watchFiles } from '../../src/cli/file-watch.ts';
import { SimulatedClock } from '../../src/std/simulated-clock.ts';
import { nextTurn } from '../../src/std/turn.ts';
import { inTerminal } from './in-terminal.ts';
import { makeFolder, signalbox, startDaemon } from './signalbox.ts';

const FLOW = 'flows: { greet: { on: hello.said, run: [echo, one] } }\n';

describe('the watch over files', () => {
  /** What a look finds, and how often a change was told. */
  async function watched(looks: readonly string[]): Promise<number> {
    const clock = new SimulatedClock(0);
    const left = [...looks];
    let changes = 0;
    const stop = watchFiles({
      clock,
      look: () => left.shift() ?? looks.at(-1) ?? '',
      changed: async () => void changes++,
    });
    for (let i = 0; i < looks.length + 2; i++) {
      clock.advance(300);
      await nextTurn();
    }
    await stop();
    return changes;
  }

  test.each([
    { looks: ['a', 'a', 'a'], changes: 0, what: 'nothing' },
    { looks: ['a', 'b', 'b'], changes: 1, what: 'a change once' },
    { looks: ['a', 'b', 'c', 'd', 'd'], changes: 1, what: 'once what is written in pieces' },
    { looks: ['a', 'b', 'a', 'a'], changes: 0, what: 'nothing that was taken back' },
    { looks: ['a', 'b', 'b', 'a', 'a'], changes: 2, what: 'each of two changes' },
  ])('tells $what: $looks', async ({ looks, changes }) => {
    expect(await watched(looks)).toBe(changes);
  });

  test('sees what comes, changes and goes beside a configuration', () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOW });
    const file = join(folder, 'signalbox.yaml');
    const look = (): string => lookAtConfiguration({ file, directory: folder });
    const seen = [look()];
    mkdirSync(join(folder, 'flows'));
    writeFileSync(join(folder, 'flows', 'a.yaml'), '');
    seen.push(look());
    writeFileSync(join(folder, 'flows', 'a.yaml'), 'longer');
    seen.push(look());
    rmSync(join(folder, 'signalbox.yaml'));
    seen.push(look(), look());
    expect(new Set(seen).size).toBe(4);
  });
});

describe('dev', () => {
  test('puts changes in force, refuses bad ones, and tells runs', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOW });
    const file = join(folder, 'signalbox.yaml');
    const { logged, log, end } = await startDaemon(folder, [], { verb: 'dev' });

    writeFileSync(file, FLOW.replace('run:', 'runn:'));
    await logged(
      /signalbox\.yaml:1:\d+: error: .*did you mean "run"\?.*\n1 error; what is in force/,
    );
    const still = await signalbox(folder, ['emit', 'hello.said', '--wait']);
    expect(still.stdout).toContain('succeeded');

    writeFileSync(file, FLOW.replace('one', 'two'));
    await logged(/the files have changed, and are in force\n {2}~ greet: steps/);
    await signalbox(folder, ['emit', 'hello.said', '--data', '"\\u001b[2J"', '--wait']);
    await logged(/greet succeeded after[^]*greet succeeded after/);
    expect(log()).toMatch(/#\d+ {2}event {2}hello\.said {2}from cli {2}\\u001b\[2J\n/);
    expect(log()).toMatch(/#\d+ {4}✓ 1 {2}/);
    expect(log()).not.toContain('\u001b');
    const shown = await signalbox(folder, ['runs', '--json']);
    expect(shown.stdout).toContain('"output": "two"');
    expect(await end('SIGINT')).toBe(0);
  });

  test('watches what a profile is laid over, or nothing', async () => {
    const folder = makeFolder();
    for (const name of ['profiles', 'flows']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'profiles', 'mine.yaml'), 'max_concurrent_handlers: 2\n');
    const flow = join(folder, 'flows', 'greet.yaml');
    for (const flags of [
      ['--profile', 'mine'],
      ['--config', 'profiles/mine.yaml'],
    ]) {
      writeFileSync(flow, FLOW);
      const { logged, end } = await startDaemon(folder, flags, { verb: 'dev' });
      writeFileSync(flow, FLOW.replace('one', 'two'));
      await logged(/in force\n {2}~ greet: steps/);
      expect(await end()).toBe(0);
    }
  });

  test('says to programs that it is ready, also in a terminal', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOW });
    const terminal = inTerminal(folder, ['dev', '--port', '0', '--json']);
    if (terminal === undefined) return;
    await terminal.shows('{"ready":true,');
    terminal.child.stdin.write('\u0003');
    expect(await once(terminal.child, 'exit')).toEqual([0, null]);
  });

  test('logs JSON lines for programs, and reloads all the same', async () => {
    const folder = makeFolder({ 'signalbox.yaml': FLOW });
    const { logged, log, end } = await startDaemon(folder, ['--json'], { verb: 'dev' });
    writeFileSync(join(folder, 'signalbox.yaml'), FLOW.replace('one', 'two'));
    await logged('"flows put in force","catalog":');
    await end();
    for (const line of log().trimEnd().split('\n')) JSON.parse(line);
    expect(readFileSync(join(folder, 'signalbox.yaml'), 'utf8')).toContain('two');
  });
});
