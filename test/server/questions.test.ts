import { describe, expect, test } from 'vitest';
import { type Answer, type Api, json, openApi } from './api.ts';

const PEOPLE = { anna: { roles: ['approver'] }, otto: { roles: ['operator'] } };

/** The headers of somebody with a token of their own. */
async function tokenFor(api: Api, name: string, role: string): Promise<Record<string, string>> {
  const person = name in PEOPLE ? name : undefined;
  const { json: made } = await api.ask('/api/v1/tokens', json({ name, role, person }));
  return { authorization: `Bearer ${String(made['token'])}` };
}

async function shownHash(api: Api, id: string): Promise<string> {
  const { json: shown } = await api.ask(`/api/v1/proposals/${id}`);
  return String(shown['hash']);
}

async function decide(api: Api, id: string, words: object, headers = {}): Promise<Answer> {
  const path = `/api/v1/proposals/${id}/decision`;
  return api.ask(path, json({ hash: await shownHash(api, id), ...words }, headers));
}

describe('a question', () => {
  test('of an agent is answered by a person, and only its asker hears of it', async () => {
    const api = await openApi({ settings: { people: PEOPLE } });
    const agent = await tokenFor(api, 'bot', 'agent');
    const asking = { question: 'Which one?', choices: ['blue', 'green'], timeout: '4h' };
    const asked = await api.askBare('/api/v1/questions', json(asking, agent));
    expect(asked).toMatchObject({ status: 201, json: { state: 'open', choice: null } });
    const id = String(asked.json['id']);
    const other = await tokenFor(api, 'spy', 'agent');
    const path = `/api/v1/questions/${id}`;
    expect((await api.askBare(path, { headers: other })).status).toBe(404);
    const waiting = api.askBare(`${path}?wait=30s`, { headers: agent });
    const anna = await tokenFor(api, 'anna', 'approver');
    const wrong = await decide(api, id, { decision: 'approve', edited: { choice: 'red' } }, anna);
    expect(wrong).toMatchObject({ status: 400, json: { code: 'proposal.invalid' } });
    await decide(api, id, { decision: 'approve', edited: { choice: 'green' } }, anna);
    const told = { state: 'approved', choice: 'green', by: expect.stringMatching(/^anna#/) };
    expect((await waiting).json).toMatchObject(told);
  });

  test('S33: an agent that claims to be approved, or calls approve, gets 403', async () => {
    const api = await openApi();
    const agent = await tokenFor(api, 'bot', 'agent');
    const asked = await api.askBare('/api/v1/questions', json({ question: 'I may?' }, agent));
    const id = String(asked.json['id']);
    const said = await decide(api, id, { decision: 'approve' }, agent);
    expect(said).toMatchObject({ status: 403, json: { code: 'auth.forbidden' } });
    const words = { decision: 'approve', hash: 'f'.repeat(64) };
    const path = `/api/v1/proposals/${id}/decision`;
    expect((await api.askBare(path, json(words, agent))).status).toBe(403);
    const { json: still } = await api.askBare(`/api/v1/questions/${id}`, { headers: agent });
    expect(still['state']).toBe('open');
  });

  test('of a person is not answered by that person, and a no has its reason', async () => {
    const api = await openApi({ settings: { people: PEOPLE } });
    const anna = await tokenFor(api, 'anna', 'approver');
    const asked = await api.askBare('/api/v1/questions', json({ question: 'May I?' }, anna));
    const id = String(asked.json['id']);
    const own = await decide(api, id, { decision: 'approve' }, anna);
    expect(own).toMatchObject({ status: 403, json: { code: 'proposal.own' } });
    await decide(api, id, { decision: 'reject', reason: 'not today' });
    const { json: answer } = await api.ask(`/api/v1/questions/${id}?wait=1s`);
    expect(answer).toMatchObject({ state: 'rejected', reason: 'not today', choice: null });
  });

  test('of a token that is no person’s is not answered with it either', async () => {
    const api = await openApi({ settings: { people: PEOPLE } });
    const ci = await tokenFor(api, 'ci', 'approver');
    const asked = await api.askBare('/api/v1/questions', json({ question: 'May I?' }, ci));
    const id = String(asked.json['id']);
    const own = await decide(api, id, { decision: 'approve' }, ci);
    expect(own).toMatchObject({ status: 403, json: { code: 'proposal.own' } });
    expect((await decide(api, id, { decision: 'approve' })).status).toBe(200);
    const { json: mine } = await api.ask('/api/v1/questions', json({ question: 'May I?' }));
    const again = await decide(api, String(mine['id']), { decision: 'approve' });
    expect(again).toMatchObject({ status: 403, json: { code: 'proposal.own' } });
  });

  test('with an act is judged: low goes, high asks, and policies answer', async () => {
    const policies = [{ name: 'no-push', if: "'git.push' in proposal.rules", then: 'reject' }];
    const api = await openApi({ settings: { gates: { policies } } });
    const ask = async (argv: string[]): Promise<unknown> => {
      const body = { question: argv.join(' '), act: { argv } };
      const { json: answer } = await api.ask('/api/v1/questions', json(body));
      return [answer['state'], answer['policy'], answer['id'] !== null];
    };
    expect(await ask(['npm', 'test'])).toEqual(['approved', 'threshold', false]);
    expect(await ask(['rm', '-rf', 'x'])).toEqual(['open', null, true]);
    expect(await ask(['git', 'push'])).toEqual(['rejected', 'no-push', true]);
  });

  test('that is malformed is refused with the member named', async () => {
    const api = await openApi();
    const late = { question: 'x', timeout: '100000000d' };
    const soon = { question: 'x', timeout: 'soon' };
    for (const body of [{}, { question: '' }, soon, late, { act: 3 }]) {
      const { status } = await api.ask('/api/v1/questions', json(body));
      expect(status).toBe(400);
    }
    expect(await api.ask('/api/v1/proposals')).toMatchObject({ status: 200, json: { items: [] } });
    expect((await api.ask('/api/v1/questions/nothing')).status).toBe(404);
  });
});
