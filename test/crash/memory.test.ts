import { once } from 'node:events';
import { expect, test } from 'vitest';
import { makeFolder, startDaemon } from '../cli/signalbox.ts';
import { ApiClient, type Emitted } from './api-client.ts';
import { expectSoundLog } from './siege.ts';

const CLIENTS = 16;
const EVENTS_A_CLIENT = 8;
const FIRST = 20;
/** Node's heap, in MiB: too little for what is sent. */
const HEAP_MIB = 40;
const LARGE = 'x'.repeat(900_000);

/** F10 of the fault matrix. */
test('a daemon that runs out of memory has lost nothing that it acknowledged', async () => {
  const flows = {
    take: { on: 'parcel.sent', steps: [{ emit: 'parcel.taken', data: '{payload}' }] },
  };
  const folder = makeFolder({ 'signalbox.yaml': JSON.stringify({ flows }) });
  const env = { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` };
  const { child, ready } = await startDaemon(folder, [], { env });
  const sender = new ApiClient(ready);
  const small = { type: 'parcel.sent', data: 'small' };
  const sent: Emitted[] = [];
  for (let n = 0; n < FIRST; n++) sent.push(await sender.emit(small));
  const hasDied = (): boolean => child.signalCode !== null || child.exitCode !== null;
  const send = async (): Promise<void> => {
    for (let n = 0; n < EVENTS_A_CLIENT && !hasDied(); n++) {
      sent.push(await sender.emit({ type: 'parcel.sent', data: LARGE }));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, send));
  const acknowledged = sent.flatMap((emitted) => (emitted === undefined ? [] : [emitted.seq]));
  const died = hasDied();
  console.log('out of memory:', JSON.stringify({ acknowledged: acknowledged.length, died }));
  if (!died) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  const again = await startDaemon(folder);
  const client = new ApiClient(again.ready);
  const { runs } = await client.quiet();
  const kept = new Set((await client.events('parcel.sent')).map(({ seq }) => seq));
  expect(acknowledged.length).toBeGreaterThanOrEqual(FIRST);
  expect(acknowledged.filter((seq) => !kept.has(seq))).toEqual([]);
  expect(runs).toMatchObject({ succeeded: kept.size, failed: 0 });
  expect(await again.end()).toBe(0);
  await expectSoundLog(folder);
});
