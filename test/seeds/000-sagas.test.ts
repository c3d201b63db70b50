import { expect, onTestFinished, test } from 'vitest';
import { testbox, type Testbox } from '../../src/signalbox/testing/testbox.ts';
import { TerminalError } from '../../src/std/errors.ts';

const EXAMPLE = new URL('../../examples/trip/signalbox.yaml', import.meta.url).pathname;

/** The trip of the examples, whose commands do as `refuses` says. */
async function trip(refuses: readonly string[]): Promise<Testbox> {
  const box = await testbox({
    config: EXAMPLE,
    answers: {
      run: ({ step }: { readonly step: string }) => {
        if (refuses.includes(step)) throw new TerminalError(`${step} refuses`);
        return { number: `${step}-1` };
      },
    },
  });
  onTestFinished(() => box.stop());
  await box.emit('trip.wanted', { to: 'Rome' });
  await box.advance('1h');
  return box;
}

const deeds = ({ effects }: Testbox): string[] => effects.map(({ step }) => step);

test('000: Saga pattern for multi-project transactions', async () => {
  const box = await trip(['car']);
  expect(deeds(box)).toContain('insure');
  expect(deeds(box).at(-1)).toBe('uninsure');
  const states = (await box.runs()).map(({ flow, state }) => `${flow} ${state}`);
  expect(states.toSorted()).toEqual(['insure succeeded', 'trip compensated', 'uninsure succeeded']);
});

test('000: Compensation workflows for failures: undone in reverse', async () => {
  const own = deeds(await trip(['car'])).filter((step) => !step.includes('insure'));
  expect(own).toEqual(['flight', 'hotel', 'car', 'car.undo', 'hotel.undo', 'flight.undo']);
});

test('000: Distributed sagas: one correlation, and nothing between', async () => {
  const whole = await trip([]);
  const [booked] = await whole.events('trip.booked');
  const [wanted] = await whole.events('trip.wanted');
  expect(booked?.correlationid).toBe(wanted?.correlationid);
  expect(deeds(whole).filter((step) => step.includes('undo'))).toEqual([]);
  const stuck = await trip(['car', 'hotel.undo']);
  const [event] = await stuck.events('run.stuck');
  expect(event?.data).toMatchObject({ flow: 'trip', step: 'hotel', undone: ['car', 'flight'] });
});
