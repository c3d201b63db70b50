import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inTerminal } from './in-terminal.ts';
import { makeFolder, signalbox, startDaemon } from './signalbox.ts';

/** A word whose second half would clear the screen, and turn the rest of its line around. */
const HOSTILE = 'two\u001b[2J\u202e';
const QUESTION = '[l]ater? ';
const FILES = {
  'signalbox.yaml': `
flows:
  work:
    on: wanted
    steps:
      - { id: one, run: [sh, one.sh] }
      - { id: two, run: [echo, "{payload}"] }
      - { id: three, run: [echo, three] }
      - { emit: worked }
  after: { on: worked, steps: [{ id: four, run: [echo, four] }] }
  free: { on: free, steps: [{ emit: freed }] }
`,
  'one.sh': 'echo one',
};

test('trigger --interactive asks at the prompt, and lets others decide too', async () => {
  const folder = makeFolder(FILES);
  const daemon = await startDaemon(folder);
  writeFileSync(join(folder, 'data.json'), JSON.stringify(HOSTILE));
  const terminal = inTerminal(folder, ['trigger', 'work', '--interactive', '--data', `@data.json`]);
  if (terminal === undefined) return;
  const { child, said } = terminal;
  let from = 0;
  const shows = async (text: string): Promise<void> => {
    await terminal.shows(text);
    while (said().indexOf(text, from) === -1) await once(child.stdout, 'data');
    from = said().indexOf(text, from) + text.length;
  };
  await shows('arg 1  one.sh');
  await shows(QUESTION);
  // What is swapped between the look and the yes is not run: it is shown anew.
  writeFileSync(join(folder, 'one.sh'), 'echo other');
  child.stdin.write('a\na\na\n');
  await shows('asked again, since what would run has changed: the file one.sh');
  await shows(QUESTION);
  child.stdin.write('approve\n');
  await shows('"two\\u001b[2J\\u202e"');
  expect(said()).not.toContain('\u001b[2J');
  expect(said()).not.toContain('\u202e');
  await shows(QUESTION);
  child.stdin.write('t\n');
  await shows('different? ');
  child.stdin.write('\n');
  await shows(QUESTION);
  // Somebody else says yes meanwhile, and half a word was typed here.
  child.stdin.write('rej');
  const id = /proposal +(sb\w+-\d+)(?![^]*proposal +sb)/.exec(said())?.[1] ?? '';
  const shown = await signalbox(folder, ['proposals', 'show', id, '--json']);
  const { hash } = JSON.parse(shown.stdout) as { readonly hash: string };
  await signalbox(folder, ['approve', id, '--hash', hash]);
  await shows(`proposal ${id} is approved by owner`);
  await shows('Press Enter');
  child.stdin.write('ect\n');
  await shows('arg 1  three');
  await shows(QUESTION);
  child.stdin.write('a\n');
  await shows('arg 1  four');
  await shows(QUESTION);
  child.stdin.write('r\n');
  await shows('Enter): ');
  child.stdin.write('not today\n');
  await shows('of flow work: succeeded');
  await shows('of flow after: declined');
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code).toBe(3);
  expect(said()).not.toContain('Waiting for what stays open');

  const piped = await signalbox(folder, ['trigger', 'work', '--interactive', '--data', '1']);
  expect(piped).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sb\w+-\d+\n$/) });
  expect(piped.stderr).toContain('It asks before each step that acts; see them with: signalbox');
  const waited = await signalbox(folder, ['trigger', 'free', '--interactive', '--wait']);
  expect(waited).toMatchObject({ code: 0, stdout: expect.stringContaining('free: succeeded') });

  const left = inTerminal(folder, ['trigger', 'work', '--interactive']);
  await left?.shows(QUESTION);
  left?.child.stdin.write('\u0003');
  await left?.shows('What was started goes on, and waits where it asks.');
  const cut = inTerminal(folder, ['trigger', 'work', '--interactive']);
  await cut?.shows(QUESTION);
  cut?.child.stdin.write('l\n');
  await cut?.shows('Waiting for what stays open to be decided');
  await daemon.end('SIGKILL');
  await cut?.shows('The daemon stopped before every run had ended;');
});
