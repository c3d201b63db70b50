// Runs a command while this process may open no file more, again with a few to spare, and again
// with all of them. Prints how each ended.
import { closeSync, openSync } from 'node:fs';
import { SystemClock } from '../../dist/std/clock.js';
import { SystemProcesses } from '../../dist/std/process.js';

const processes = new SystemProcesses({ owner: 'crowded', clock: new SystemClock() });
const ends = [];
const files = [];

takeAll();
await run();
for (const file of files.splice(0, 4)) closeSync(file);
await run();
for (const file of files.splice(0)) closeSync(file);
await run();
await processes.stop();
console.log(JSON.stringify(ends));

function takeAll() {
  try {
    for (;;) files.push(openSync('/dev/null'));
  } catch {
    // No more.
  }
}

async function run() {
  const end = await processes.run({
    argv: ['true'],
    directory: '/',
    environment: { PATH: process.env.PATH },
    stdoutBytesMax: 1_000,
    stderrBytesMax: 1_000,
    signal: new AbortController().signal,
  });
  ends.push(end.reason ?? end.kind);
}
