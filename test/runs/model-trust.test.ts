import { expect, onTestFinished, test } from 'vitest';
import { testbox } from '../../src/signalbox/testing/testbox.ts';

const ASK = { id: 'ask', prompt: 'What shall be done?', model: 'm', tools: ['git.log'] };
const SAID = '{steps.ask.output}';
/** What a model has said, without a call of a tool. */
const ROUND = { text: 'all', calls: [], answer: 'all' };

/** Flows that do what a model with tools has said, in another run, and what may come of that. */
const FLOWS = {
  look: { on: 'text.came', steps: [ASK, { emit: 'wanted', data: { what: SAID } }] },
  hand: { on: 'hand.over', steps: [ASK, { call: 'work', data: { what: SAID } }] },
  work: { on: 'work.asked', steps: [{ call: 'deeper' }, { emit: 'done' }] },
  deeper: { on: 'never', steps: [{ emit: 'deep' }] },
  plain: { on: 'plain.came', steps: [{ emit: 'kept' }, { call: 'deeper' }] },
};

async function trustOf(asked: string): Promise<Readonly<Record<string, string>>> {
  const box = await testbox({
    config: { flows: FLOWS, models: { m: { provider: 'anthropic', model: 'm' } } } as never,
    answers: { prompt: () => ROUND },
  });
  onTestFinished(() => box.stop());
  await box.emit(asked, {});
  await box.advance('1m');
  const events = await box.events();
  const told = events.filter(({ source }) => source.startsWith('flow:'));
  return Object.fromEntries(told.map(({ type, trust }) => [type, trust]));
}

test('what a model with tools brings about is untrusted in what it emits', async () => {
  expect(await trustOf('text.came')).toEqual({ wanted: 'untrusted' });
});

test('and in the runs that it calls, and those that they call', async () => {
  expect(await trustOf('hand.over')).toEqual({ deep: 'untrusted', done: 'untrusted' });
});

test('and what no model has a say in is not', async () => {
  expect(await trustOf('plain.came')).toEqual({ kept: 'trusted', deep: 'trusted' });
});
