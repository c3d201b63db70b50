// @ts-check
// Runs in a thread beside a tool, and makes of names in a project something else all the time.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

/** @type {{ root: string; secret: string; data: string; stop: SharedArrayBuffer }} */
const { root, secret, data, stop } = workerData;
const stopped = new Int32Array(stop);
const at = (/** @type {string[]} */ ...names) => join(root, ...names);

/** The true things, and what takes their places: made before, so that a swap is four renames. */
function lay() {
  for (const name of ['spare', 'folder', 'file'])
    rmSync(at(name), { recursive: true, force: true });
  mkdirSync(at('spare'));
  mkdirSync(at('folder'));
  writeFileSync(at('folder', 'file'), 'inside');
  writeFileSync(at('file'), 'inside');
  symlinkSync(dirname(secret), at('spare', 'folder-link'));
  symlinkSync(secret, at('spare', 'file-link'));
  linkSync(secret, at('spare', 'file-hard'));
  execFileSync('mkfifo', [at('spare', 'file-pipe')]);
}

function isLaid() {
  try {
    lay();
    return true;
  } catch {
    return false;
  }
}

/** Puts another thing in the place of a true one for a moment. */
function swap(/** @type {string} */ name, /** @type {string} */ other) {
  renameSync(at(name), at('spare', 'true'));
  renameSync(at('spare', other), at(name));
  renameSync(at(name), at('spare', other));
  renameSync(at('spare', 'true'), at(name));
}

/** Gives the closed folder another name for a moment. */
function lend() {
  renameSync(at(data), at('lent'));
  renameSync(at('lent'), at(data));
}

lay();
parentPort?.postMessage('ready');
while (Atomics.load(stopped, 0) === 0) {
  try {
    swap('folder', 'folder-link');
    for (const other of ['file-link', 'file-hard', 'file-pipe']) swap('file', other);
  } catch {
    // A write has put something where nothing was for a moment, and may do so again meanwhile.
    while (!isLaid());
  }
  lend();
}
