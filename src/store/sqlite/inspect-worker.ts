/** A thread that looks at one copy of a database, and says what it holds. */
import { parentPort, workerData } from 'node:worker_threads';
import { inspectCopy } from './copy.ts';
import { loadDriver } from './driver.ts';
import { dataError } from './faults.ts';
import type { Reply } from './thread.ts';

const path = String(workerData);

function send(reply: Reply): void {
  parentPort?.postMessage(reply);
}

try {
  send({ kind: 'answer', value: inspectCopy(await loadDriver(), path) });
} catch (error) {
  const { code, details, message } = dataError(error, path);
  send({ kind: 'failed', code, details, message });
}
