import { expect, onTestFinished, test } from 'vitest';
import type { Written } from '../../src/flows/code/document.ts';
import { checkRows } from '../../src/runs/rebuild.ts';
import { testbox, type Testbox, type TestboxOptions } from '../../src/signalbox/testing/testbox.ts';
import type { SourceKind } from '../../src/sources/source.ts';
import { webhookShape } from '../../src/sources/webhook/shape.ts';
import { until } from '../server/until.ts';
import { openHarness } from '../sources/harness.ts';

async function open(options: TestboxOptions): Promise<Testbox> {
  const box = await testbox(options);
  onTestFinished(() => box.stop());
  return box;
}

/** A flow that has the engine do something on an event of its own name. */
function deed(on: string, action: string, args: Written): Written {
  const step = { tool: 'signalbox', action, with: args };
  return { on, steps: [{ id: 'do', retry: { attempts: 1 }, ...step }] };
}

async function isSound({ engine }: Testbox): Promise<void> {
  const report = await engine.verify({ deep: false, progress: () => {} });
  expect(report).toMatchObject({ ok: true, first_bad: null });
  expect((await checkRows(engine.store, () => {})).differences).toEqual([]);
}

async function states(box: Testbox, flow: string): Promise<string[]> {
  return (await box.runs(flow)).map(({ state }) => state);
}

test('a flow lowers the limit of another one, over restarts, and restores it', async () => {
  const work = { on: 'job', steps: [{ id: 'work', run: ['work'], timeout: '2h' }] };
  const box = await open({
    config: {
      flows: {
        work,
        ease: deed('ease', 'limit', { flow: 'work', limit: 1, reason: 'too much' }),
        restore: deed('restore', 'restore_limit', { flow: 'work' }),
        wrong: deed('wrong', 'limit', { flow: 'wrok', limit: 1 }),
      },
    },
    answers: { run: () => new Promise(() => {}) },
  });
  await box.emit('ease');
  for (let n = 0; n < 3; n++) await box.emit('job', { n });
  expect(await states(box, 'work')).toEqual(['running', 'queued', 'queued']);
  expect((await box.events('flow.limited')).map(({ data }) => data)).toEqual([
    { flow: 'work', limit: 1, by: 'flow:ease', reason: 'too much' },
  ]);
  const reason = 'at most 1 run at once, set by flow:ease (too much)';
  expect(box.engine.status().degraded).toMatchObject([{ part: 'flow work', reason }]);
  await box.restart();
  expect(await states(box, 'work')).toEqual(['running', 'queued', 'queued']);
  await box.emit('restore');
  expect(await states(box, 'work')).toEqual(['running', 'running', 'running']);
  expect(box.engine.status().degraded).toEqual([]);
  await box.emit('wrong');
  expect((await box.runs('wrong'))[0]?.reason).toContain('did you mean "work"');
  await isSound(box);
});

const DELIVERY = {
  deliver: { on: 'order', steps: [{ id: 'send', run: ['send'], retry: { attempts: 1 } }] },
};

/** The first provider is down. */
const answers: TestboxOptions['answers'] = {
  run: ({ step }) => {
    if (step === 'send') throw new Error('it is down');
    return 'sent';
  },
};

test('a dead letter is tried elsewhere, once, and is settled by that', async () => {
  const box = await open({
    config: {
      handlers: { elsewhere: { steps: [{ id: 'other', run: ['other', '{payload.n}'] }] } },
      flows: {
        ...DELIVERY,
        move: {
          on: { event: 'run.failed', subject: 'deliver' },
          steps: [
            {
              id: 'do',
              tool: 'signalbox',
              action: 'retry',
              with: { letter: '{event.id}', flow: 'elsewhere' },
            },
          ],
        },
      },
    },
    answers,
  });
  await box.emit('order', { n: 7 });
  expect(await states(box, 'elsewhere')).toEqual(['succeeded']);
  expect(box.effects.at(-1)?.input).toEqual({ run: ['other', 7] });
  const [letter] = await box.engine.store.letters({ limit: 1 });
  expect(letter).toMatchObject({ flow: 'deliver', state: 'retried' });
  const [retried] = await box.events('dead_letter.retried');
  expect(retried?.data).toMatchObject({ by: 'flow:move', flow: 'elsewhere' });
  expect(await states(box, 'deliver')).toEqual(['failed']);
  await isSound(box);
});

test('what fails after each retry is not retried for ever', async () => {
  const box = await open({
    config: {
      // Else it would ask a person before that.
      gates: { fall_back_after: 0 },
      flows: {
        ...DELIVERY,
        again: {
          on: { event: 'run.failed', subject: 'deliver' },
          steps: [
            { sleep: '1h' },
            { id: 'do', tool: 'signalbox', action: 'retry', with: { letter: '{event.id}' } },
          ],
        },
      },
    },
    answers,
  });
  await box.emit('order');
  await box.advance('12h');
  expect(await box.events('run.retried')).toHaveLength(3);
  const runs = await box.runs('again');
  expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded', 'failed']);
  expect(runs.at(-1)?.reason).toContain('3 times within 1 d already');
  await isSound(box);
});

test('it is a step that acts: an observer does not, and at level 1 a person is asked', async () => {
  const flows = {
    stop: deed('stop', 'pause', { flow: 'work' }),
    work: { on: 'job', emit: 'done' },
  };
  const observer = await open({ config: { autonomy: 0, flows } });
  await observer.emit('stop');
  expect(await states(observer, 'stop')).toEqual(['declined']);
  const asking = await open({ config: { autonomy: 1, flows } });
  await asking.emit('stop');
  expect(await asking.events('flow.paused')).toEqual([]);
  const [proposed] = await asking.events('proposal.opened');
  expect(proposed?.data).toMatchObject({ step: 'do', risk: 'medium' });
  const free = await open({ config: { flows } });
  await free.emit('stop');
  expect(free.engine.status().paused).toMatchObject([{ flow: 'work', by: 'flow:stop' }]);
});

test('a flow restarts a source that is degraded, and no oftener than may be', async () => {
  let opened = 0;
  const deaf: SourceKind = {
    shape: webhookShape,
    open: () => {
      opened++;
      const start = async (): Promise<void> => Promise.reject(new Error('the port is taken'));
      return { start, stop: async () => {} };
    },
  };
  const yaml = JSON.stringify({
    sources: [{ type: 'webhook', name: 'deploys', path: '/hooks/x', auth: 'none' }],
    flows: {
      mend: deed('source.degraded', 'restart_source', { source: '{event.subject}' }),
      wrong: deed('wrong', 'restart_source', { source: 'deplois' }),
    },
  });
  const { box, records } = await openHarness({ yaml, sourceKinds: [deaf] });
  await until(async () => (await records('run.failed')).length === 1 || undefined);
  const restarted = await records('source.restarted');
  expect(restarted).toHaveLength(5);
  expect(restarted[0]).toMatchObject({ subject: 'webhook:deploys', hops: 1 });
  expect(JSON.parse(restarted[0]?.data ?? '')).toEqual({ by: 'flow:mend', reason: null });
  expect(opened).toBeGreaterThanOrEqual(6);
  await box.emit({ type: 'wrong', source: 'test', data: '{}' });
  await until(async () => (await records('run.failed')).length === 2 || undefined);
  expect((await records('run.failed')).at(-1)?.data).toContain('There are webhook:deploys');
});

test('how often it was done is known over restarts', async () => {
  const flows = {
    mend: deed('mend', 'pause', { flow: 'work' }),
    work: { on: 'job', emit: 'done' },
  };
  const box = await open({ config: { gates: { fall_back_after: 0 }, flows } });
  for (let n = 0; n < 7; n++) {
    await box.emit('mend');
    await box.restart('1m');
  }
  expect(await states(box, 'mend')).toEqual([
    ...Array.from({ length: 5 }, () => 'succeeded'),
    'failed',
    'failed',
  ]);
  // An hour after the first of them it may be done once more.
  await box.advance('55m');
  await box.emit('mend');
  expect((await states(box, 'mend')).at(-1)).toBe('succeeded');
  await isSound(box);
});
