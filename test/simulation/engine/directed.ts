import { Draw } from './draw.ts';
import { drawScenario, drawStep, type EventPlan, NO_FAULTS, type Scenario } from './scenario.ts';
import type { FlowScript, StepScript } from './script.ts';

const QUIET: Scenario = {
  seed: 1,
  slots: 2,
  latencyMsMax: 1,
  stragglers: 0,
  drainMs: 1_000,
  catalogs: [{ hash: 'c1', flows: [] }],
  events: [],
  faults: NO_FAULTS,
  nudgesMs: [],
  checksMs: [],
  healMs: 2_000,
};

const STEP: StepScript = {
  id: 's0',
  kind: 'act',
  effect: 'idempotent',
  attempts: 3,
  delayMs: 100,
  timeoutMs: 10_000,
  outcomes: ['done'],
  answers: ['truth'],
  sleepMs: 50,
  emits: [],
};

/** Two events, and flows with a step of every kind and effect: short enough to die everywhere. */
export function everyKind(seed: number): Scenario {
  const flows: FlowScript[] = [
    {
      name: 'every',
      on: [{ event: 'a' }],
      steps: [
        { ...STEP, id: 'repeated', outcomes: ['unanswered', 'done'] },
        { ...STEP, id: 'verified', effect: 'verify', outcomes: ['unanswered', 'done'] },
        { ...STEP, id: 'asked', effect: 'ask', outcomes: ['refused', 'done'] },
        { ...STEP, id: 'slept', kind: 'sleep' },
        { ...STEP, id: 'emitted', kind: 'emit', emits: ['x', 'x'] },
      ],
    },
    { name: 'heard', on: [{ event: 'x' }], steps: [STEP] },
    {
      name: 'picky',
      on: [
        { event: 'x', where: 'broken' },
        { event: 'a', where: 'broken' },
      ],
      steps: [STEP],
    },
  ];
  const event = { type: 'a', source: 's1', again: false };
  const events: EventPlan[] = [
    { ...event, atMs: 10, id: 'e1', n: 1 },
    { ...event, atMs: 60, id: 'e3', n: 3 },
  ];
  return { ...QUIET, seed, catalogs: [{ hash: 'c1', flows }], events };
}

/** Nothing goes wrong but that the step of one event always ends the daemon. */
export function onePoison(seed: number): Scenario {
  const drawn = drawScenario(seed);
  const { guard: _, ...free } = drawStep(new Draw(seed), 0, undefined);
  const step = { ...free, kind: 'act', effect: 'idempotent' } as const;
  const good = { ...step, timeoutMs: 10_000 };
  const flows: FlowScript[] = [
    { name: 'poison', on: [{ event: 'poison' }], steps: [{ ...step, outcomes: ['kills'] }] },
    { name: 'slow', on: [{ event: 'a' }], steps: [{ ...good, outcomes: ['slow'] }] },
    { name: 'quick', on: [{ event: 'b' }], steps: [{ ...good, outcomes: ['done'] }] },
  ];
  const [first, ...others] = drawn.events;
  const events =
    first === undefined ? others : [...others, { ...first, id: 'poison', type: 'poison' }];
  const { slots, latencyMsMax } = drawn;
  const catalogs = [{ hash: 'c1', flows }] as const;
  return { ...QUIET, seed, slots, latencyMsMax, catalogs, events, healMs: 25_000 };
}
