import { describe, expect, test } from 'vitest';
import { SignalboxError } from '../../src/std/errors.ts';
import { readLetters } from '../../src/views/letter-page.ts';
import { readRuns } from '../../src/views/run-page.ts';
import { catalogOf, listens, Station, when } from '../routing/station.ts';
import { readerOf } from './reader.ts';

const broken = when('broken', () => {
  throw new Error('no value');
});
const BEFORE = catalogOf(
  'known-flow-before',
  listens('ran', 'pulled'),
  listens('picky', { pattern: { event: 'pulled' }, where: broken }),
);
const NOW = catalogOf('known-flow-now', listens('deploy', 'pushed'));

/** Flows that were in force left a run and a dead letter; another one is in force now. */
async function changedStation(): Promise<Station> {
  const station = await Station.open();
  await station.activate(BEFORE);
  await station.start();
  await station.emit('pulled', {});
  await station.routed();
  await station.activate(NOW);
  await station.routed();
  return station;
}

describe('a list of what one flow did', () => {
  test('refuses a name that no flow bears', async () => {
    const reader = readerOf(await changedStation());
    const refusal = {
      code: 'flow.unknown',
      message: 'There is no flow "deplyo", did you mean "deploy"? In force are: deploy.',
    };
    for (const list of [readRuns, readLetters]) {
      const listed = list(reader, { flow: 'deplyo', limit: 10 });
      await expect(listed).rejects.toMatchObject(refusal);
    }
  });

  test('is empty for a flow in force that did nothing yet', async () => {
    const reader = readerOf(await changedStation());
    for (const list of [readRuns, readLetters]) {
      expect(await list(reader, { flow: 'deploy', limit: 10 })).toEqual({ items: [], next: null });
    }
  });

  test('is that of a flow in force no more too, if the log has anything of it', async () => {
    const reader = readerOf(await changedStation());
    const ran = { flow: 'ran', limit: 10 };
    const picky = { flow: 'picky', limit: 10 };
    expect((await readRuns(reader, ran)).items).toHaveLength(1);
    expect((await readRuns(reader, { ...ran, state: 'declined' })).items).toEqual([]);
    expect((await readLetters(reader, ran)).items).toEqual([]);
    expect((await readLetters(reader, picky)).items).toHaveLength(1);
    expect((await readLetters(reader, { ...picky, state: 'dropped' })).items).toEqual([]);
    expect((await readRuns(reader, picky)).items).toEqual([]);
  });

  test('is empty where nobody can read any more which flows are in force', async () => {
    const catalogAt = () => Promise.reject(new SignalboxError('catalog.unreadable', 'too old'));
    const reader = { ...readerOf(await changedStation()), catalogAt };
    expect((await readRuns(reader, { flow: 'other', limit: 10 })).items).toEqual([]);
  });
});
