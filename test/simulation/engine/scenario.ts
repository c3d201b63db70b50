import { Draw } from './draw.ts';
import type { Answer, CatalogScript, FlowScript, Outcome, StepScript } from './script.ts';

/** What one client sends, and how. */
export interface EventPlan {
  readonly atMs: number;
  readonly id: string | undefined;
  readonly type: string;
  readonly source: string;
  readonly n: number;
  /** Sent once more after it was acknowledged. */
  readonly again: boolean;
}

/** What goes wrong, and how hard. Each seed draws its own mixture. */
export interface Faults {
  /** The probability that the daemon dies after a thing it did. */
  readonly crashRate: number;
  readonly crashesMax: number;
  readonly cleanStopsMs: readonly number[];
  /** When the wall clock is stepped, and by how much. */
  readonly clockSteps: readonly { readonly atMs: number; readonly byMs: number }[];
  readonly diskFull: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** The probability that an acknowledgement does not reach its client. */
  readonly replyLoss: number;
  /** Whether what a dead daemon sent may still arrive. */
  readonly lateEffects: boolean;
}

export interface Scenario {
  readonly seed: number;
  readonly slots: number;
  readonly latencyMsMax: number;
  readonly stragglers: number;
  readonly drainMs: number;
  /** The files of each start: the last are those of all later ones. */
  readonly catalogs: readonly [CatalogScript, ...CatalogScript[]];
  readonly events: readonly EventPlan[];
  readonly faults: Faults;
  /** When somebody has the runs looked through that nobody works on. */
  readonly nudgesMs: readonly number[];
  /** When the engine checks itself while it works. */
  readonly checksMs: readonly number[];
  /** When everything that is broken has been mended. */
  readonly healMs: number;
}

/** A scenario of the seed's choice. */
export function drawScenario(seed: number): Scenario {
  const draw = new Draw(seed);
  const flows = draw.list([1, 4], (index) => drawFlow(draw, index));
  const first = { hash: 'c1', flows: [...flows, ...drawListeners(draw)] };
  const others = draw.list([1, 3], (index) => drawFlow(draw, index));
  const second = { hash: 'c2', flows: [...others, ...drawListeners(draw)] };
  return {
    seed,
    slots: draw.pick([1, 1, 2, 3, 16]),
    latencyMsMax: draw.pick([0, 1, 5, 40]),
    stragglers: draw.pick([0, 0, 0.1, 0.3]),
    drainMs: draw.pick([100, 4_000]),
    catalogs: draw.chance(0.3) ? [first, first, second] : [first],
    events: drawEvents(draw),
    faults: drawFaults(draw),
    nudgesMs: draw.chance(0.3) ? draw.list([20, 150], () => draw.between(100, 10_000)) : [],
    checksMs: draw.list([0, 2], () => draw.between(1_000, 20_000)),
    healMs: 25_000,
  };
}

/** Nothing goes wrong. */
export const NO_FAULTS: Faults = {
  crashRate: 0,
  crashesMax: 0,
  cleanStopsMs: [],
  clockSteps: [],
  diskFull: [],
  replyLoss: 0,
  lateEffects: false,
};

function drawFlow(draw: Draw, index: number): FlowScript {
  const event = draw.pick(['a', 'b', 'b', 'a.*', 'x', 'y', '*']);
  const where = draw.pick([undefined, undefined, 'odd', 'broken'] as const);
  const source = draw.pick([undefined, undefined, 's1', 'flow:*']);
  const trigger = { event, ...(where && { where }), ...(source && { source }) };
  const other = draw.chance(0.2) ? [{ event: 'a.b', where: 'odd' as const }] : [];
  const emits = event === 'a' || event === 'b' ? 'x' : event === 'x' ? 'y' : undefined;
  const steps = draw.list([1, 4], (place) => drawStep(draw, place, emits));
  return { name: `flow-${index}`, on: [trigger, ...other], steps };
}

/** Flows that hear of other flows, and now and then one that calls itself for ever. */
function drawListeners(draw: Draw): FlowScript[] {
  const plain = {
    ...drawStep(draw, 0, undefined),
    outcomes: ['done'],
    effect: 'idempotent',
  } as const;
  const listeners: FlowScript[] = [];
  const listen = (name: string, event: string, step: StepScript): void => {
    listeners.push({ name, on: [{ event }], steps: [step] });
  };
  if (draw.chance(0.15)) listen('on-failure', 'run.failed', plain);
  if (draw.chance(0.15)) listen('on-letter', 'event.dead_lettered', plain);
  if (draw.chance(0.15)) listen('on-catalog', 'catalog.activated', plain);
  if (draw.chance(0.05)) listen('on-start', 'daemon.*', plain);
  if (draw.chance(0.02)) {
    listeners.push({
      name: 'loop',
      on: [{ event: 'loop' }, { event: 'b' }],
      steps: [{ ...plain, kind: 'emit', emits: ['loop'] }],
    });
  }
  return listeners;
}

const EFFECTS_DRAWN = ['idempotent', 'idempotent', 'verify', 'ask'] as const;

/** A step of any kind. */
export function drawStep(draw: Draw, place: number, emits: string | undefined): StepScript {
  const kind = draw.pick(['act', 'act', 'act', 'act', 'sleep', 'emit'] as const);
  const effect = kind === 'act' ? draw.pick(EFFECTS_DRAWN) : 'idempotent';
  const before = draw.chance(0.5) ? draw.list([0, 2], () => drawTrouble(draw)) : [];
  const last: Outcome = draw.chance(0.9) ? 'done' : drawTrouble(draw);
  const guard = draw.pick([undefined, undefined, undefined, undefined, 'odd', 'even'] as const);
  return {
    id: `s${place}`,
    kind,
    ...(guard && { guard }),
    ...(draw.chance(0.2) && { goesOn: true }),
    effect,
    attempts: draw.between(1, 4),
    delayMs: draw.pick([0, 100, 1_000]),
    timeoutMs: draw.pick([500, 3_000]),
    outcomes: [...before, last],
    answers: [drawAnswer(draw), drawAnswer(draw), 'truth'],
    sleepMs: draw.pick([0, 300, 4_000, 20_000]),
    emits: kind !== 'emit' || emits === undefined ? [] : draw.list([0, 2], () => emits),
  };
}

function drawTrouble(draw: Draw): Outcome {
  const seldom = draw.pick(['fails', 'throws-terminal', 'hangs', 'stalls', 'kills'] as const);
  return draw.pick(['slow', 'refused', 'refused-until', 'unanswered', 'throws', seldom]);
}

function drawAnswer(draw: Draw): Answer {
  return draw.pick(['truth', 'truth', 'truth', 'unclear', 'unreachable']);
}

function drawEvents(draw: Draw): EventPlan[] {
  return draw.list([1, 9], (index) => ({
    atMs: draw.between(0, 8_000),
    // Now and then two events share an id: the second is refused as a conflict.
    id: draw.chance(0.8) ? `e${draw.chance(0.1) ? 0 : index}` : undefined,
    type: draw.pick(['a', 'b', 'a.b', 'a.c', 'z']),
    source: draw.pick(['s1', 's2']),
    n: index,
    again: draw.chance(0.3),
  }));
}

function drawFaults(draw: Draw): Faults {
  const times = (most: number): number[] => draw.list([0, most], () => draw.between(0, 24_000));
  const crashes = draw.chance(0.8);
  return {
    crashRate: crashes ? draw.pick([0.005, 0.02, 0.1]) : 0,
    crashesMax: draw.between(1, 12),
    cleanStopsMs: draw.chance(0.4) ? times(3) : [],
    clockSteps: draw.chance(0.3)
      ? times(3).map((atMs) => ({ atMs, byMs: draw.pick([-3_000, 2_000, 7_200_000]) }))
      : [],
    diskFull: draw.chance(0.2)
      ? times(2).map((fromMs) => ({ fromMs, toMs: fromMs + draw.between(1, 3_000) }))
      : [],
    replyLoss: draw.pick([0, 0.1, 0.4]),
    lateEffects: draw.chance(0.5),
  };
}
