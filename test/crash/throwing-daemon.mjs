// An engine with a kind of step that fails in every way that JavaScript has, beside one that works.
// Emits as many events as it is told to, half of them for each, and says on its standard output
// what became of them when nothing is left to do.
import { join } from 'node:path';
import { z } from 'zod';
import { loadConfiguration } from '../../dist/config.js';
import { openSignalbox } from '../../dist/signalbox.js';
import { silentLogger } from '../../dist/std/logger.js';

const [directory = '', count = '0'] = process.argv.slice(2);

const circular = {};
circular.self = circular;
const hostile = {
  get message() {
    throw new Error('read');
  },
  toString() {
    throw new Error('shown');
  },
};

/** @param {any} reason */
const rejected = async (reason) => {
  throw reason;
};

/** @type {(() => unknown)[]} */
const WAYS = [
  () => {
    throw new Error('thrown');
  },
  () => rejected(new Error('rejected')),
  () => rejected('no error at all'),
  () => rejected(undefined),
  () => rejected(hostile),
  () => Promise.resolve(undefined),
  () => Promise.resolve({ kind: 'unheard of' }),
  () => Promise.resolve({ kind: 'done', output: circular }),
  () => Promise.resolve({ kind: 'done', output: 1n }),
  () => Promise.resolve({ kind: 'done', output: null, emits: [null] }),
  () => Promise.resolve({ kind: 'wait', until: 'soon' }),
  () => Promise.resolve({ kind: 'fail' }),
  () => 'no promise',
];

/** @type {import('../../src/runs/step-kind.ts').StepKind} */
const kind = {
  shape: {
    kind: 'act',
    keys: [],
    schema: z.object({ act: z.unknown() }),
    effect: 'idempotent',
    timeoutMs: 5_000,
  },
  execute({ input }) {
    if (input.act === 'well') return Promise.resolve({ kind: 'done', output: 'well' });
    return WAYS[input.act % WAYS.length]?.();
  },
};

const { configuration } = await loadConfiguration({
  file: join(directory, 'signalbox.yaml'),
  env: {},
  shapes: [kind.shape],
});
const box = await openSignalbox({
  configuration,
  dataDirectory: directory,
  mode: 'run',
  apply: true,
  logger: silentLogger,
  kinds: [kind],
});
const drafts = Array.from({ length: Number(count) }, (_, n) => {
  const act = n % 2 === 0 ? 'well' : (n - 1) / 2;
  return { type: 'act.asked', source: 'test', data: JSON.stringify({ act }) };
});
await Promise.all(drafts.map((draft) => box.emit(draft)));

let stats = await box.stats();
while (stats.runs.succeeded + stats.runs.failed < drafts.length) stats = await box.stats();
console.log(JSON.stringify(stats));
await box.stop();
