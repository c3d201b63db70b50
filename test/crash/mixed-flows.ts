/**
 * A configuration that has something of everything that may become of an event, and numbered events
 * for it. What each event is to become is told here by its number alone, without any of our code.
 */

/** An event as a client sends it. */
export interface NumberedEvent {
  readonly type: string;
  readonly id: string;
  readonly data: object;
}

/** What a flow makes of an event, as far as the event's number says it. */
export type Expected =
  /** A run, unless a limit says otherwise. */
  | 'start'
  | 'gathered'
  | 'filtered'
  /** A condition has no value. */
  | 'dead';

const SHOPS = 7;
/** How long a run that others are counted against is open. */
const REST = { id: 'rest', sleep: '30ms' };

/** The event that closes the last windows when nothing else comes. */
export const LAST: NumberedEvent = { type: 'day.ended', id: 'last', data: {} };

/** The configuration, as JSON. */
export function mixedConfiguration(): string {
  return JSON.stringify({
    max_concurrent_handlers: 32,
    // What fails is to fail again: else it is asked about from the second time on.
    gates: { fall_back_after: 0 },
    flows: FLOWS,
    handlers: HANDLERS,
  });
}

const FLOWS = {
  plain: order('n % 4 == 0', [tell('order.noted')]),
  sized: order('size > 500', [tell('order.sized')]),
  dropping: {
    ...order('n % 5 == 1', [REST]),
    concurrency: { key: 'event.data.shop', limit: 1, on_full: 'drop' },
  },
  refusing: { ...order('n % 5 == 2', [REST]), concurrency: { limit: 3, on_full: 'error' } },
  ordered: { ...order('n % 25 == 3', [tell('order.arranged')]), order: 'event.data.shop' },
  throttled: {
    ...order('n % 200 == 4', [tell('order.spread')]),
    throttle: { limit: 50, per: '1s' },
  },
  failing: order('n % 20 == 5', [{ id: 'tell', emit: 'never', data: { x: '{payload.missing}' } }]),
  idle: order('n % 30 == 20', [{ ...tell('never'), if: 'payload.n < 0' }]),
  forking: order('n % 50 == 10', [
    { id: 'each', each: [1, 2, 3], concurrency: 2, do: [tell('order.counted')] },
    { id: 'both', parallel: [{ ...tell('order.left'), id: 'left' }, { sleep: '5ms' }] },
    { id: 'help', call: 'helper', data: { n: '{payload.n}' } },
  ]),
  settled: {
    on: 'item.touched',
    debounce: { wait: '40ms', max_wait: '400ms', key: 'event.data.shop' },
    steps: [tell('items.settled', '{payload.count}')],
  },
  bundled: {
    on: { event: 'item.touched', where: 'event.data.n % 2 == 0' },
    batch: { size: 25, wait: '300ms' },
    steps: [tell('items.bundled', '{payload.count}')],
  },
  last: {
    on: LAST.type,
    debounce: { wait: '1s' },
    steps: [tell('day.settled', '{payload.count}')],
  },
};

const HANDLERS = { helper: { steps: [tell('order.helped')] } };

function order(where: string, steps: readonly object[]): object {
  return { on: { event: 'order.placed', where: `event.data.${where}` }, steps };
}

function tell(type: string, n = '{payload.n}'): object {
  return { id: 'tell', emit: type, data: { n } };
}

/** The nth event. With `altered` it is another one under the same id. */
export function numberedEvent(n: number, altered = false): NumberedEvent {
  const type = typeOf(n);
  const size = n % 97 === 0 ? {} : { size: n % 1_000 };
  return { type, id: `e-${n}`, data: { n, shop: `shop-${n % SHOPS}`, ...size, altered } };
}

function typeOf(n: number): string {
  if (n % 10 < 6) return 'order.placed';
  return n % 10 < 9 ? 'item.touched' : 'noise.heard';
}

/** What the nth event is to become, by the names of the flows that listen to it. */
export function expectedOf(n: number): ReadonlyMap<string, Expected> {
  switch (typeOf(n)) {
    case 'order.placed': {
      const taken = ORDERS.map(([flow, takes]) => [flow, startIf(takes(n))] as const);
      const sized = n % 97 === 0 ? 'dead' : startIf(n % 1_000 > 500);
      return new Map([...taken, ['sized', sized]]);
    }
    case 'item.touched':
      return new Map([
        ['settled', 'gathered'],
        ['bundled', n % 2 === 0 ? 'gathered' : 'filtered'],
      ]);
    default:
      return new Map();
  }
}

const ORDERS: readonly (readonly [string, (n: number) => boolean])[] = [
  ['plain', (n) => n % 4 === 0],
  ['dropping', (n) => n % 5 === 1],
  ['refusing', (n) => n % 5 === 2],
  ['ordered', (n) => n % 25 === 3],
  ['throttled', (n) => n % 200 === 4],
  ['failing', (n) => n % 20 === 5],
  ['idle', (n) => n % 30 === 20],
  ['forking', (n) => n % 50 === 10],
];

function startIf(taken: boolean): Expected {
  return taken ? 'start' : 'filtered';
}
