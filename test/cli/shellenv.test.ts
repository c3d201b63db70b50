import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readLine } from '../../src/events/event-log/line.ts';
import { isObject, parseJson } from '../../src/std/json.ts';
import { NAUGHTY } from '../fixtures/naughty-texts.ts';
import { makeFolder, signalbox, start, startDaemon } from './signalbox.ts';

/** Runs a script in bash, where `emit_event` is known as `shellenv` prints it. */
async function bash(
  folder: string,
  script: string,
  args: readonly string[] = [],
): Promise<{ code: number | null; said: string }> {
  const { code, stdout: functions, stderr } = await signalbox(folder, ['shellenv']);
  if (code !== 0) throw new Error(stderr);
  writeFileSync(join(folder, 'functions.sh'), functions);
  const whole = `set -euo pipefail\nsource ./functions.sh\n${script}`;
  const ended = spawnSync('bash', ['-c', whole, 'bash', ...args], { cwd: folder });
  return { code: ended.status, said: `${ended.stdout.toString()}${ended.stderr.toString()}` };
}

/** The words of each line of a log. */
function wordsIn(path: string): string[][] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const reading = readLine(line);
    if (reading.kind !== 'event') throw new Error(`${reading.kind}: ${line}`);
    const data = parseJson(reading.event.data);
    const words = isObject(data) ? [data['operation'], data['context'], data['payload']] : [];
    return [reading.event.type, ...words.map(String)];
  });
}

/** What a line is torn or ended by, and what a shell's own replacing takes for its. */
const MORE = ['a|b', '\\|', '\\\\n', 'a\nb\r\nc\n', '&', '\\&', '[[:alpha:]]', '?', '#', '%'];

const USUAL = 'claude/project/events/event.log';

describe('emit_event', () => {
  test('appends a line to the usual log, whose folder it makes', async () => {
    const folder = makeFolder();
    const { code, said } = await bash(folder, 'emit_event files_staged stage_files "" "3 files"');
    expect({ code, said }).toEqual({ code: 0, said: '' });
    expect(wordsIn(join(folder, USUAL))).toEqual([['files_staged', 'stage_files', '', '3 files']]);
  });

  test('takes fewer words, and the log that the environment names', async () => {
    const folder = makeFolder();
    await bash(folder, 'export SIGNALBOX_EVENT_LOG=other.log; emit_event error git_state_invalid');
    expect(wordsIn(join(folder, 'other.log'))).toEqual([['error', 'git_state_invalid', '', '']]);
  });

  test.each(['', '""', 'x a b c d'])('says how it is used where it is given %j', async (words) => {
    const folder = makeFolder();
    const usage = 'usage: emit_event TYPE [OPERATION [CONTEXT [PAYLOAD]]]\n';
    const said = await bash(folder, `emit_event ${words} 2>&1 >/dev/null || exit $?`);
    expect(said).toEqual({ code: 2, said: usage });
    expect(existsSync(join(folder, USUAL))).toBe(false);
  });

  test('reads nothing of its words as code', async () => {
    const folder = makeFolder();
    const words = [...NAUGHTY, ...MORE];
    const each = 'for word; do emit_event x "$word" "$word" "$word"; done';
    expect(await bash(folder, each, words)).toEqual({ code: 0, said: '' });
    const written = words.map((word) => ['x', word, word, word]);
    expect(wordsIn(join(folder, USUAL))).toEqual(written);
    expect(readdirSync(folder).toSorted()).toEqual(['claude', 'functions.sh']);
  });

  test('appends a long line whole, beside other writers', async () => {
    const folder = makeFolder();
    const script = `
      long() { printf "%*s" 20000 "" | tr " " "$1"; }
      writer() { for n in 1 2 3 4 5; do emit_event x "$1" "$n" "$(long "$1")"; done; }
      for w in a b c d; do writer $w & done; wait`;
    await bash(folder, script);
    const words = wordsIn(join(folder, USUAL));
    expect(words).toHaveLength(20);
    for (const [, writer = '', , payload] of words) expect(payload).toBe(writer.repeat(20_000));
  });

  test('keeps the name of a log that a shell would take apart', async () => {
    const name = `it's $(touch owned) "logs"`;
    const folder = makeFolder({
      'signalbox.yaml': JSON.stringify({ sources: [{ type: 'event_log', path: `${name}/e.log` }] }),
    });
    expect(await bash(folder, 'emit_event x')).toEqual({ code: 0, said: '' });
    expect(wordsIn(join(folder, name, 'e.log'))).toEqual([['x', '', '', '']]);
    expect(existsSync(join(folder, 'owned'))).toBe(false);
  });

  test('reaches the flows of a daemon that reads the log', async () => {
    const folder = makeFolder({
      'signalbox.yaml': [
        'sources: [{ type: event_log, handler: note }]',
        'handlers: { note: { steps: [{ run: [cp, /dev/null, "{payload.operation}"] }] } }',
      ].join('\n'),
    });
    mkdirSync(join(folder, '.signalbox'));
    const daemon = await startDaemon(folder);
    await bash(folder, 'emit_event files_staged stage_files "" "3 files"');
    const waited = ['events', '--follow', '--type', 'run.succeeded', '--json'];
    const following = start(folder, waited);
    await new Promise<void>((resolve) => following.stdout.once('data', () => resolve()));
    expect(existsSync(join(folder, 'stage_files'))).toBe(true);
    await daemon.end();
  });
});
