import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Stats } from '../../src/views/engine-view.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What a clone holds after `npm ci`, as far as its commands need it. */
const COPIED = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'bin',
  'scripts',
  'src',
  'dist',
  'examples',
];
/** What following the pages by hand leaves in the examples that have no folder of their own. */
const LEFTOVERS = ['.signalbox', 'greetings.log', 'notes/latest.md'];

/** A copy of this project in which the commands of a page are run. Gone after the test. */
export interface Project {
  /** Runs a block to its end, as a shell that stops at the first command that fails. */
  readonly run: (script: string) => Promise<Ended>;
  /** Starts a block and resolves when it is ready and has no run under way. */
  readonly startDaemon: (script: string) => Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  /** What a terminal shows: standard output and standard error, as they come. */
  readonly said: string;
}

export function openProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of COPIED) {
    // The build is not done again where nothing is newer.
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  // Other daemons may run on this machine.
  for (const example of readdirSync(join(folder, 'examples'))) {
    for (const name of LEFTOVERS) {
      rmSync(join(folder, 'examples', example, name), { recursive: true, force: true });
    }
    appendFileSync(
      join(folder, 'examples', example, 'signalbox.yaml'),
      '\nport: 0\nwebhook_port: 0\n',
    );
  }
  const shims = makeShims(folder);
  let daemon: Ready | undefined;
  let url = '';
  let hooks = '';
  /** The ports that a page names are those of a daemon that is alone. */
  const addressed = (script: string): string =>
    script
      .replaceAll('http://127.0.0.1:8765', url)
      .replaceAll('http://127.0.0.1:8766/hooks', hooks);

  return {
    async run(script) {
      if (daemon !== undefined) await settled(daemon, READER_MS).catch(() => {});
      const child = startShell(folder, shims, remembering(shims, addressed(script)));
      const said = text(child.stdout);
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, said: await said };
    },
    async startDaemon(script) {
      const command = script.replace(/^npm ci.* && /, '').replace(/ up$/, ' up --port 0');
      const child = startShell(folder, shims, command);
      const stderr = text(child.stderr);
      const ready = await Promise.race([readyLine(child.stdout), endedEarly(child, stderr)]);
      url = ready.url;
      hooks = ready.hooks ?? '';
      daemon = ready;
      await settled(ready, Number.POSITIVE_INFINITY);
    },
  };
}

/** The script as one terminal would run all of a page: it knows the variables of those before. */
function remembering(folder: string, script: string): string {
  const file = join(folder, 'variables');
  return `exec 2>&1\nset -a\n[ ! -f '${file}' ] || . '${file}'\n${script}\nexport -p > '${file}'`;
}

type Shell = ReturnType<typeof startShell>;

/**
 * A folder with an `npx` that does for our own package what npm's does, without its half second:
 * a page has dozens of commands. For any other package it is npm's.
 */
function makeShims(folder: string): string {
  const shims = join(folder, '.shims');
  mkdirSync(shims);
  const program = join(folder, 'bin', 'signalbox.mjs');
  const lines = [
    '#!/bin/sh',
    'export npm_execpath=npx',
    `if [ "$1" = signalbox ]; then shift; exec node '${program}' "$@"; fi`,
    `PATH=\${PATH#*:} exec npx "$@"`,
  ];
  writeFileSync(join(shims, 'npx'), `${lines.join('\n')}\n`, { mode: 0o755 });
  // What a global installation puts on the path.
  const own = `#!/bin/sh\nexec node '${program}' "$@"\n`;
  writeFileSync(join(shims, 'signalbox'), own, { mode: 0o755 });
  return shims;
}

function startShell(folder: string, shims: string, script: string) {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn('/bin/sh', ['-e', '-c', script], {
    cwd: folder,
    env: { PATH: `${shims}:${PATH}`, HOME, npm_config_update_notifier: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  onTestFinished(() => endGroup(child));
  return child;
}

/** Ends the shell with all that it started: a daemon runs two processes below it. */
function endGroup({ pid }: Shell): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

interface Ready {
  readonly url: string;
  readonly hooks?: string;
  readonly token_file: string;
}

function readyLine(stdout: Shell['stdout']): Promise<Ready> {
  return new Promise((resolve) => {
    let said = '';
    stdout.setEncoding('utf8');
    stdout.on('data', (chunk: string) => {
      said += chunk;
      const line = /^\{"ready":true.*\}$/m.exec(said)?.[0];
      if (line !== undefined) resolve(JSON.parse(line) as Ready);
    });
  });
}

/** How long a reader looks on where nothing moves, on a machine that does much else. */
const READER_MS = 2_000;

/**
 * Resolves when what was set off is done, as it is for a reader by the next command, or when
 * nothing was recorded for so long: something may be under way that the page lets wait.
 */
async function settled({ url, token_file }: Ready, patienceMs: number): Promise<void> {
  const headers = { authorization: `Bearer ${readFileSync(token_file, 'utf8').trim()}` };
  // One answer is not of one instant: only what two in a row say is so.
  let [before, last, since] = [-1, -1, performance.now()];
  while (performance.now() < since + patienceMs) {
    const answer = await fetch(`${url}/api/v1/stats`, { headers });
    const { events, lag, runs } = (await answer.json()) as Stats;
    const isQuiet = lag.router === 0 && runs.queued === 0 && runs.running === 0;
    if (isQuiet && events === before) return;
    before = isQuiet ? events : -1;
    if (events !== last) since = performance.now();
    last = events;
  }
}

async function endedEarly(child: Shell, stderr: Promise<string>): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null];
  throw new Error(`It ended with ${code} before it was ready:\n${await stderr}`);
}
