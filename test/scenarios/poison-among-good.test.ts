import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, signalbox, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { expectSoundLog } from '../crash/siege.ts';
import type { LetterView } from '../../src/views/letter-view.ts';

const ATTEMPTS = 3;
const EVENTS = 20;
/** Every fourth event is one that the handler cannot digest. */
const isPoison = (n: number): boolean => n % 4 === 0;

/** Fails for each event that is poison, until there is an antidote. */
const EAT = `
const { existsSync } = require('node:fs');
const bad = process.argv[1] === 'poison' && !existsSync('antidote');
if (bad) { console.error('indigestible'); process.exit(1); }
`;

const FLOWS = {
  eat: {
    on: 'meal.served',
    steps: [
      {
        id: 'eat',
        run: [process.execPath, '-e', EAT, '{payload.kind}'],
        retry: { attempts: ATTEMPTS, delay: '10ms' },
      },
      { id: 'tell', emit: 'meal.eaten', data: { n: '${{ payload.n }}' } },
    ],
  },
};

async function lettersOf(client: ApiClient): Promise<readonly LetterView[]> {
  const { items } = await client.get<{ items: LetterView[] }>(
    '/dead-letters?state=open&limit=1000',
  );
  return items;
}

/** F38 of the fault matrix, for a handler that fails; one that kills the daemon is F12. */
test('poison among good events ends among the dead letters, and the others go on', async () => {
  // What fails twice in a row would ask somebody from then on.
  const config = { gates: { fall_back_after: 0 }, flows: FLOWS };
  const folder = makeFolder({ 'signalbox.yaml': JSON.stringify(config) });
  const { ready, end } = await startDaemon(folder);
  const client = new ApiClient(ready);
  await Promise.all(
    Array.from({ length: EVENTS }, (_, n) =>
      client.emit({ type: 'meal.served', data: { n, kind: isPoison(n) ? 'poison' : 'good' } }),
    ),
  );
  await client.quiet();
  const poisoned = EVENTS / 4;
  expect(await client.events('meal.eaten')).toHaveLength(EVENTS - poisoned);
  const letters = await lettersOf(client);
  expect(letters).toHaveLength(poisoned);
  for (const letter of letters) {
    expect(letter).toMatchObject({
      kind: 'run',
      flow: 'eat',
      step: 'eat',
      attempts: ATTEMPTS,
      error: { code: 'run.failed', message: expect.stringContaining('indigestible') as string },
    });
  }

  // What is retried without a remedy fails again, and is a new letter each.
  const again = await signalbox(folder, ['dlq', 'retry', '--all']);
  expect(again.stdout).toBe(`${poisoned} dead letters retried.\n`);
  await client.quiet();
  expect(await lettersOf(client)).toHaveLength(poisoned);
  writeFileSync(join(folder, 'antidote'), '');
  await signalbox(folder, ['dlq', 'retry', '--all', '--flow', 'eat']);
  await client.quiet();
  const eaten = await client.events('meal.eaten');
  const numbers = eaten.map(({ data }) => (data as { readonly n: number }).n);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: EVENTS }, (_, n) => n));
  expect(await lettersOf(client)).toEqual([]);
  expect(await end()).toBe(0);
  await expectSoundLog(folder);
});
