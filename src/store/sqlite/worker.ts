/** The writer's thread: answers each message of `threadChannel` in the order of arrival. */
import { parentPort, workerData } from 'node:worker_threads';
import { SystemClock } from '../../std/clock.ts';
import { SqliteCore } from './core.ts';
import { loadDriver } from './driver.ts';
import { dataError } from './faults.ts';
import type { Reply, Request, ThreadOptions } from './thread.ts';

const options = workerData as ThreadOptions;
const port = parentPort;
if (port === null) throw new Error('This module is the body of a worker thread.');

function send(reply: Reply): void {
  port?.postMessage(reply);
}

function answer(core: SqliteCore, request: Exclude<Request, { kind: 'write' | 'copy' }>): unknown {
  switch (request.kind) {
    case 'commit':
      core.write(request.batch);
      return core.commit();
    case 'query':
      return core.query(request.name, request.argument);
    case 'close':
      return core.close(request.clean);
  }
}

function failure(error: unknown): Extract<Reply, { kind: 'failed' }> {
  const { code, details, message } = dataError(error, options.path);
  return { kind: 'failed', code, details, message };
}

function copy(core: SqliteCore, path: string): void {
  core.copy(path).then(
    () => send({ kind: 'copied' }),
    (error: unknown) => send({ kind: 'copied', failed: failure(error) }),
  );
}

try {
  const core = new SqliteCore({ ...options, driver: await loadDriver(), clock: new SystemClock() });
  port.on('message', (request: Request) => {
    if (request.kind === 'write') return core.write(request.batch);
    if (request.kind === 'copy') return copy(core, request.path);
    try {
      send({ kind: 'answer', value: answer(core, request) });
      if (request.kind === 'commit') core.tidy();
      if (request.kind === 'close') port.close();
    } catch (error) {
      send(failure(error));
    }
  });
  send({ kind: 'answer', value: core.opening });
} catch (error) {
  send(failure(error));
}
