import { expect, onTestFinished, test } from 'vitest';
import { type Testbox, testbox } from '../../src/signalbox/testing/testbox.ts';
import { explainWhy } from '../../src/views/why.ts';
import { idOf } from '../../src/store/record.ts';

const ASK = { id: 'ask', prompt: 'What shall be done?', model: 'm', tools: ['git.log'] };
const SAID = '{steps.ask.output}';
/** What a model has said, without a call of a tool. */
const ROUND = { text: 'all', calls: [], answer: 'all' };

const TRUSTING = { id: 'trusting', if: "event.trust == 'trusted'", emit: 'trusting' };

/** Flows that do what a model with tools has said, in another run, and what may come of that. */
const FLOWS = {
  look: { on: 'text.came', steps: [ASK, { emit: 'wanted', data: { what: SAID } }] },
  hand: { on: 'hand.over', steps: [ASK, { call: 'work', data: { what: SAID } }] },
  work: { on: 'work.asked', steps: [{ call: 'deeper' }, { emit: 'done' }] },
  deeper: { on: 'never', steps: [{ emit: 'deep' }, TRUSTING] },
  plain: { on: 'plain.came', steps: [{ emit: 'kept' }, { call: 'deeper' }] },
};

async function boxAfter(asked: string): Promise<Testbox> {
  const box = await testbox({
    config: { flows: FLOWS, models: { m: { provider: 'anthropic', model: 'm' } } } as never,
    answers: { prompt: () => ROUND },
  });
  onTestFinished(() => box.stop());
  await box.emit(asked, {});
  await box.advance('1m');
  return box;
}

async function trustOf(asked: string): Promise<Readonly<Record<string, string>>> {
  const box = await boxAfter(asked);
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
  expect(await trustOf('plain.came')).toEqual({
    kept: 'trusted',
    deep: 'trusted',
    trusting: 'trusted',
  });
});

test('what a run that was called did not do is explained by what it saw', async () => {
  const { engine } = await boxAfter('hand.over');
  const [deeper] = await engine.store.runs({ flow: 'deeper', limit: 1 });
  const why = await explainWhy(engine, idOf(engine.store.identity, deeper?.id ?? 0));
  expect(why).toMatchObject({
    unmet: [{ step: 'trusting', values: [{ path: 'event.trust', value: '"untrusted"' }] }],
  });
});
