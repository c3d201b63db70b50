import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/identity/token.ts';
import { RunTokens } from '../../src/identity/run-tokens.ts';
import { RUN_ENDS } from '../../src/runs/journal.ts';
import { advance, NOON, open as openRun, recordOf, unit } from '../store/conformance/units.ts';
import { Desk } from './desk.ts';

const OWNER = 'the owner of the data directory has this one';

async function openDesk(): Promise<Desk> {
  const desk = await Desk.open();
  desk.identity.useOwner(OWNER);
  return desk;
}

describe('a link', () => {
  test('opens one session, and is spent', async () => {
    const { identity, who } = bound(await openDesk());
    const link = identity.sessions.offer({ token: 'owner', person: undefined });
    const session = identity.openSession(link) ?? '';
    expect(who(session, 'session')).toMatchObject({ name: 'owner', role: 'admin' });
    expect(identity.openSession(link)).toBeUndefined();
  });

  test('is good for a minute, and a session for half a day', async () => {
    const { identity, clock, who } = bound(await openDesk());
    const [late, early] = [1, 2].map(() =>
      identity.sessions.offer({ token: 'owner', person: undefined }),
    );
    clock.advance(59_999);
    const session = identity.openSession(early ?? '') ?? '';
    clock.advance(1);
    expect(identity.openSession(late ?? '')).toBeUndefined();
    clock.advance(12 * 3_600_000 - 2);
    expect(who(session, 'session')?.name).toBe('owner');
    clock.advance(1);
    expect(who(session, 'session')).toBeUndefined();
  });

  test('is no token and no session, and neither of these is the other', async () => {
    const { identity, who } = bound(await openDesk());
    const link = identity.sessions.offer({ token: 'owner', person: undefined });
    expect([who(link), who(link, 'session')]).toEqual([undefined, undefined]);
    const session = identity.openSession(link) ?? '';
    expect([who(session), who(OWNER, 'session')]).toEqual([undefined, undefined]);
  });

  test('for a person opens what that person may', async () => {
    const { identity, who } = bound(await openDesk());
    const link = identity.sessions.offer({ token: 'owner', person: 'lead' });
    const session = identity.openSession(link) ?? '';
    expect(who(session, 'session')).toMatchObject({ name: 'lead', role: 'approver' });
    identity.usePeople({});
    expect(who(session, 'session')).toBeUndefined();
  });

  test('and its session end with the token that made them', async () => {
    const desk = await openDesk();
    const { identity, who } = bound(desk);
    const { view } = await desk.create('ci', 'operator');
    const of = { token: view.id, person: undefined };
    const [first, second] = [identity.sessions.offer(of), identity.sessions.offer(of)];
    const session = identity.openSession(first) ?? '';
    expect(who(session, 'session')?.name).toBe('ci');
    await identity.revoke('ci', { by: 'owner' });
    expect([who(session, 'session'), identity.openSession(second)]).toEqual([undefined, undefined]);
  });

  test('of a crowd pushes out the oldest and takes no more room', async () => {
    const { identity } = bound(await openDesk());
    const of = { token: 'owner', person: undefined };
    const links = Array.from({ length: 65 }, () => identity.sessions.offer(of));
    expect(identity.openSession(links[0] ?? '')).toBeUndefined();
    expect(identity.openSession(links[1] ?? '')).toBeDefined();
  });
});

describe('who is let in for long', () => {
  test('is cut when their token is taken back, within the call', async () => {
    const desk = await openDesk();
    const { secret } = await desk.create('ci', 'viewer');
    const cuts: string[] = [];
    const { identity } = desk;
    identity.watch({ kind: 'token', digest: digestOf(secret) }, () => cuts.push('ci'));
    identity.watch({ kind: 'token', digest: digestOf(OWNER) }, () => cuts.push('owner'));
    const revoking = identity.revoke('ci', { by: 'owner' });
    expect(cuts).toEqual(['ci']);
    await revoking;
  });

  test('is cut within a second when their time is over', async () => {
    const desk = await openDesk();
    const { secret } = await desk.create('ci', 'viewer', { ttlMs: 10_500 });
    const cuts: number[] = [];
    const credential = { kind: 'token', digest: digestOf(secret) } as const;
    desk.identity.watch(credential, () => cuts.push(desk.clock.monotonic()));
    desk.clock.advance(60_000);
    expect(cuts).toEqual([11_000]);
  });

  test('is cut when people change, and when the session is closed', async () => {
    const { identity } = await openDesk();
    const open = (): string =>
      identity.openSession(identity.sessions.offer({ token: 'owner', person: 'lead' })) ?? '';
    const cuts: string[] = [];
    const closed = { kind: 'session', digest: digestOf(open()) } as const;
    identity.watch(closed, () => cuts.push('closed'));
    identity.watch({ kind: 'session', digest: digestOf(open()) }, () => cuts.push('gone'));
    identity.closeSession(closed, { by: 'lead#owner' });
    expect(cuts).toEqual(['closed']);
    identity.usePeople({});
    expect(cuts).toEqual(['closed', 'gone']);
  });

  test('costs no timer once they have left', async () => {
    const { identity, clock } = await openDesk();
    const leave = identity.watch({ kind: 'token', digest: digestOf(OWNER) }, () => {});
    expect(clock.untilNext()).toBe(1_000);
    leave();
    expect(clock.untilNext()).toBeUndefined();
  });
});

describe("a run's token", () => {
  const place = { id: 7, correlation: 'sb00000000-6', hops: 2, untrusted: false };

  test('is one for all its steps, and lets nobody look', async () => {
    const { identity, who } = bound(await openDesk());
    const token = identity.runs.tokenFor(place);
    expect(identity.runs.tokenFor(place)).toBe(token);
    expect(who(token)).toEqual({ name: 'run:7', role: 'run', token: 'run:7', run: place });
  });

  test('of a crowd pushes out the oldest and takes no more room', () => {
    const runs = new RunTokens();
    const first = runs.tokenFor({ ...place, id: 0 });
    for (let id = 1; id <= 10_000; id++) runs.tokenFor({ ...place, id });
    expect([runs.size, runs.find(digestOf(first))]).toEqual([10_000, undefined]);
  });

  test('is over for good with the run', () => {
    const runs = new RunTokens();
    const token = runs.tokenFor(place);
    runs.end(7);
    runs.end(7);
    expect([runs.size, runs.find(digestOf(token))]).toEqual([0, undefined]);
    expect(runs.tokenFor(place)).not.toBe(token);
  });

  test.each([...RUN_ENDS])('is over with %s', async (type, state) => {
    const { identity, store } = await openDesk();
    for (const name of [type, type.replace('run.', 'branch.')]) {
      const opened = await store.append(unit(openRun()));
      const id = opened.kind === 'appended' ? opened.first : 0;
      const token = identity.runs.tokenFor({ ...place, id });
      expect(identity.runs.size).toBe(1);
      const record = recordOf({ type: name, source: null });
      await store.append(unit({ ...advance(id, id, { state, ended: NOON }), record }));
      expect([identity.runs.size, identity.runs.find(digestOf(token))]).toEqual([0, undefined]);
    }
  });
});

function bound(desk: Desk): Pick<Desk, 'identity' | 'clock' | 'who'> {
  const { identity, clock } = desk;
  return { identity, clock, who: (...asked) => desk.who(...asked) };
}
