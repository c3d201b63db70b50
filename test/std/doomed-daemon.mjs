// A daemon that runs commands until it is killed. Its arguments: an owner, an empty folder, how
// long the commands sleep, which stands in the command line of all that they start, and where the
// system shows its processes. Prints a line when all commands run.
import { readdirSync } from 'node:fs';
import { SystemClock } from '../../dist/std/clock.js';
import { ProcessTable } from '../../dist/std/process-table.js';
import { SystemProcesses } from '../../dist/std/process.js';

const [owner, folder, text, processFolder] = process.argv.slice(2);
const clock = new SystemClock();
const table = new ProcessTable(processFolder);
const processes = new SystemProcesses({ owner, clock, table });

/** Each stays, in one of the ways in which commands stay. */
const COMMANDS = [
  `sh -c ': > obedient; exec sleep ${text}' ${text}; :`,
  `trap '' TERM HUP INT; sh -c ': > stubborn; while :; do sleep ${text}; done' ${text}; :`,
  `setsid sh -c ': > session; sleep ${text}; :' ${text} & wait`,
  `(setsid sh -c ': > orphan; sleep ${text}; :' ${text} &)`,
  `env -i PATH="$PATH" setsid sh -c ': > bare; sleep ${text}; :' ${text} & wait`,
  `sh -c '(: > background; sleep ${text}; :) > /dev/null & exec sleep ${text}' ${text}`,
];

for (const command of COMMANDS) {
  void processes.run({
    argv: ['sh', '-c', command],
    directory: folder,
    environment: { PATH: process.env.PATH },
    stdoutBytesMax: 1_000,
    stderrBytesMax: 1_000,
    signal: new AbortController().signal,
  });
}

const poll = setInterval(() => {
  if (readdirSync(folder).length < COMMANDS.length) return;
  clearInterval(poll);
  console.log('ready');
}, 5);
