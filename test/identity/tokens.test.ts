import { describe, expect, test } from 'vitest';
import { digestOf, readToken } from '../../src/identity/token.ts';
import type { Store } from '../../src/store/contract.ts';
import { alteredStore } from '../fixtures/altered-store.ts';
import { Desk, PEOPLE } from './desk.ts';

/** A store whose disk is full as long as `isFull` says so. */
function onFullDisk(isFull: () => boolean): (store: Store) => Store {
  return (store) =>
    alteredStore(store, {
      append: async (unit) => (isFull() ? { kind: 'full' } : store.append(unit)),
    });
}

describe('a token', () => {
  test('has 260 bits, is told once, and stands nowhere in the store', async () => {
    const desk = await Desk.open();
    const { secret, view } = await desk.create('ci', 'operator');
    expect(secret).toMatch(/^sbt_[0-9a-z]{52}$/);
    const rows = await desk.store.cursors({ source: 'signalbox:tokens', limit: 10 });
    const kept = JSON.stringify([rows, await desk.records(), desk.identity.tokens.list()]);
    expect(kept).toContain(view.id);
    for (const part of [secret, secret.slice(4), secret.slice(4, 30)]) {
      expect(kept).not.toContain(part);
    }
    expect(JSON.stringify(await desk.records())).not.toContain(digestOf(secret));
  });

  test('lets in after a crash too, and once it is taken back never again', async () => {
    const desk = await Desk.open();
    const { secret } = await desk.create('ci', 'operator');
    const later = await desk.again();
    expect(later.who(secret)).toMatchObject({ name: 'ci', role: 'operator' });
    expect(await later.identity.revoke('ci', { by: 'owner' })).toMatchObject({ kind: 'revoked' });
    expect(later.who(secret)).toBeUndefined();
    expect((await later.again()).who(secret)).toBeUndefined();
  });

  test('is taken back from the call on, before anybody waits for the disk', async () => {
    const desk = await Desk.open();
    const { secret, view } = await desk.create('ci', 'operator');
    const revoking = desk.identity.revoke(view.id, { by: 'owner' });
    expect(desk.who(secret)).toBeUndefined();
    await revoking;
  });

  test('is not brought back by the note that it was used', async () => {
    const desk = await Desk.open();
    const { secret, view } = await desk.create('ci', 'operator');
    const revoking = desk.identity.revoke(view.id, { by: 'owner' });
    desk.identity.tokens.touch(view.id);
    await revoking;
    desk.identity.tokens.touch(view.id);
    const later = await desk.again();
    expect([later.who(secret), later.identity.tokens.list()]).toEqual([undefined, []]);
  });

  test('is over at its time, also where the clock goes back', async () => {
    const desk = await Desk.open();
    const { secret } = await desk.create('ci', 'operator', { ttlMs: 60_000 });
    desk.clock.advance(59_999);
    expect(desk.who(secret)?.name).toBe('ci');
    desk.clock.advance(1);
    expect(desk.who(secret)).toBeUndefined();
    desk.clock.step(-3_600_000);
    expect(desk.who(secret)).toBeUndefined();
    expect(desk.identity.tokens.list()).toMatchObject([{ name: 'ci', state: 'expired' }]);
  });

  test('tells when it was used last, to the minute, and writes no more than that', async () => {
    const desk = await Desk.open();
    const { view } = await desk.create('ci', 'operator');
    const uses = 100;
    for (let i = 0; i < uses; i++) {
      desk.identity.tokens.touch(view.id);
      desk.clock.advance(1_200);
    }
    expect(desk.identity.tokens.list()[0]?.last_used).toBe('2026-01-01T00:01:00.000Z');
    await desk.create('barrier', 'viewer');
    const later = await desk.again();
    expect(later.identity.tokens.list()[0]?.last_used).toBe('2026-01-01T00:01:00.000Z');
  });

  test('has a name of its own, which is free again once it is taken back', async () => {
    const desk = await Desk.open();
    await desk.create('ci', 'operator');
    const request = { name: 'ci', role: 'viewer', by: 'owner' } as const;
    const both = await Promise.all([
      desk.identity.create(request),
      desk.identity.create({ ...request, name: 'twin' }),
      desk.identity.create({ ...request, name: 'twin' }),
    ]);
    expect(both.map((made) => (made.kind === 'refused' ? made.code : made.kind))).toEqual([
      'token.exists',
      'created',
      'token.exists',
    ]);
    await desk.identity.revoke('ci', { by: 'owner' });
    expect((await desk.identity.create(request)).kind).toBe('created');
  });

  test.each([
    [{ name: 'owner' }, 'stands for somebody else'],
    [{ name: 'run:7' }, 'is no name'],
    [{ name: 'a#b' }, 'is no name'],
    [{ name: 'lead' }, 'is a person'],
    [{ person: 'nobody' }, 'There is no person "nobody"'],
    [{ person: 'constructor' }, 'There is no person'],
    [{ person: 'lead', role: 'agent' as const }, 'An agent is no person'],
    [{ ttlMs: 0 }, 'up to 100 years'],
    [{ ttlMs: Number.MAX_SAFE_INTEGER }, 'up to 100 years'],
  ])('is refused where it asks for %j', async (asked, problem) => {
    const desk = await Desk.open();
    const made = await desk.identity.create({ name: 'x', role: 'viewer', by: 'owner', ...asked });
    expect(made).toMatchObject({ kind: 'refused', code: 'token.invalid' });
    expect(made).toMatchObject({ message: expect.stringContaining(problem) as string });
    expect(await desk.records()).toEqual([]);
  });

  test('that is not there cannot be taken back', async () => {
    const desk = await Desk.open();
    expect(await desk.identity.revoke('ghost', { by: 'owner' })).toMatchObject({
      code: 'token.unknown',
    });
  });

  test('whose row is damaged lets nobody in, and costs no other', async () => {
    const desk = await Desk.open();
    const { secret } = await desk.create('good', 'viewer');
    const row = { source: 'signalbox:tokens', key: 'tkbad' };
    for (const value of ['', '{', '{}', '{"role":"root"}', 'null']) {
      await desk.store.append({ writes: [], cursors: [{ ...row, value }] });
      const later = await desk.again();
      expect(later.who(secret)?.name).toBe('good');
      expect(later.identity.tokens.list()).toHaveLength(1);
    }
    expect(readToken('x', '{"role":"root"}')).toBeUndefined();
  });

  test('is not made where the disk is full', async () => {
    const desk = await Desk.open(onFullDisk(() => true));
    const request = { name: 'ci', role: 'viewer', by: 'owner' } as const;
    expect(await desk.identity.create(request)).toMatchObject({ code: 'store.full' });
    expect(desk.identity.tokens.list()).toEqual([]);
  });

  test('that a full disk keeps from being taken back lets nobody in for now', async () => {
    let full = false;
    const desk = await Desk.open(onFullDisk(() => full));
    const { secret } = await desk.create('ci', 'operator');
    full = true;
    expect(await desk.identity.revoke('ci', { by: 'owner' })).toMatchObject({ code: 'store.full' });
    expect(desk.who(secret)).toBeUndefined();
    full = false;
    expect(await desk.identity.revoke('ci', { by: 'owner' })).toMatchObject({ kind: 'revoked' });
    expect((await desk.again()).who(secret)).toBeUndefined();
  });

  test('is one of a thousand at most', async () => {
    const desk = await Desk.open();
    const making = Array.from({ length: 1_001 }, (_, i) =>
      desk.identity.create({ name: `t${i}`, role: 'viewer', by: 'owner' }),
    );
    const made = await Promise.all(making);
    expect(made.filter(({ kind }) => kind === 'created')).toHaveLength(1_000);
    expect(made.at(-1)).toMatchObject({ code: 'token.too_many' });
  });

  test('is recorded as made and as taken back, by whom', async () => {
    const desk = await Desk.open();
    const { view } = await desk.create('ci', 'operator');
    await desk.identity.revoke('ci', { by: 'lead#tk1' });
    const told = (await desk.records()).map(({ type, data }) => [type, JSON.parse(data)]);
    expect(told).toEqual([
      [
        'token.created',
        { id: view.id, name: 'ci', role: 'operator', person: null, by: 'owner', expires: null },
      ],
      ['token.revoked', { id: view.id, name: 'ci', by: 'lead#tk1' }],
    ]);
  });
});

describe("a person's token", () => {
  test('speaks for the person, and may what the person may by now', async () => {
    const desk = await Desk.open();
    const { secret, view } = await desk.create('laptop', 'admin', { person: 'lead' });
    const lead = { name: 'lead', person: 'lead', token: view.id };
    expect(desk.who(secret)).toEqual({ ...lead, role: 'approver' });
    desk.identity.usePeople({ ...PEOPLE, lead: { roles: ['viewer'], channels: [] } });
    expect(desk.who(secret)).toEqual({ ...lead, role: 'viewer' });
    desk.identity.usePeople({});
    expect(desk.who(secret)).toBeUndefined();
  });
});
