import { describe, expect, test } from 'vitest';
import { Slots } from '../../src/runs/slots.ts';

/** Slots, and how often their listener was called. */
function watched(all: number): { readonly slots: Slots; calls: number } {
  const state = { slots: new Slots(all), calls: 0 };
  state.slots.onFree(() => {
    state.calls++;
  });
  return state;
}

describe('slots', () => {
  test('are given until there are none', () => {
    const slots = new Slots(2);
    expect([slots.reserve(), slots.reserve(), slots.reserve()]).toEqual([true, true, false]);
    expect(slots).toMatchObject({ all: 2, taken: 2, free: 0 });
    slots.giveBack();
    expect(slots).toMatchObject({ taken: 1, free: 1 });
    expect(slots.reserve()).toBe(true);
  });

  test('are not given to newcomers while others wait', () => {
    const slots = new Slots(2);
    slots.backlog = true;
    expect(slots.reserve()).toBe(false);
    slots.take();
    expect(slots).toMatchObject({ taken: 1, free: 1, backlog: true });
    slots.backlog = false;
    expect(slots.reserve()).toBe(true);
  });

  test('are never fewer than none, even where one too many was taken', () => {
    const slots = new Slots(1);
    slots.take();
    slots.take();
    expect(slots.free).toBe(0);
    slots.giveBack();
    expect(slots.free).toBe(0);
  });

  test('call who waits for one, once', () => {
    const state = watched(1);
    state.slots.take();
    expect(state.calls).toBe(0);
    state.slots.giveBack();
    expect(state.calls).toBe(1);
    state.slots.take();
    state.slots.giveBack();
    expect(state.calls).toBe(1);
  });

  test('call nobody while none is free', () => {
    const state = watched(1);
    state.slots.take();
    state.slots.take();
    state.slots.giveBack();
    state.slots.backlog = false;
    expect(state.calls).toBe(0);
  });

  test('call when nobody stands before a newcomer any more', () => {
    const state = watched(1);
    state.slots.backlog = true;
    expect(state.calls).toBe(0);
    state.slots.backlog = false;
    expect(state.calls).toBe(1);
  });

  test('do not call who has gone', () => {
    const slots = new Slots(1);
    const calls: string[] = [];
    const forget = slots.onFree(() => calls.push('gone'));
    slots.onFree(() => calls.push('waits'));
    forget();
    slots.take();
    slots.giveBack();
    expect(calls).toEqual(['waits']);
  });

  test('let who is called wait again', () => {
    const slots = new Slots(1);
    let calls = 0;
    const again = (): void => {
      calls++;
      slots.onFree(again);
    };
    slots.onFree(again);
    for (let n = 0; n < 3; n++) {
      slots.take();
      slots.giveBack();
    }
    expect(calls).toBe(3);
  });
});
