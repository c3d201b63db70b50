import { expect, test } from 'vitest';
import { type Answer, type Api, json, openApi } from './api.ts';

const PEOPLE = {
  lead: { roles: ['approver'] },
  kim: { roles: ['approver'] },
  otto: { roles: ['viewer'] },
};

async function tokenOf({ ask }: Api, person: string): Promise<Record<string, string>> {
  const made = await ask('/api/v1/tokens', json({ name: person, role: 'approver', person }));
  return { authorization: `Bearer ${String(made.json['token'])}` };
}

test('a person names who decides for them, until when, and that ends', async () => {
  const api = await openApi({ settings: { people: PEOPLE } });
  const [lead, kim] = [await tokenOf(api, 'lead'), await tokenOf(api, 'kim')];
  const ask = async (by = {}): Promise<{ id: string; hash: string }> => {
    const body = { question: 'Now?', approvers: ['lead'] };
    const { json: asked } = await api.ask('/api/v1/questions', json(body, by));
    const id = String(asked['id']);
    const { json: shown } = await api.ask(`/api/v1/proposals/${id}`);
    return { id, hash: String(shown['hash']) };
  };
  const approve = ({ id, hash }: { id: string; hash: string }): Promise<Answer> =>
    api.ask(`/api/v1/proposals/${id}/decision`, json({ decision: 'approve', hash }, kim));
  const delegate = (body: object, by = lead): Promise<Answer> =>
    api.ask('/api/v1/delegations', json(body, by));

  const first = await ask();
  expect(await approve(first)).toMatchObject({ status: 403, json: { code: 'proposal.foreign' } });
  const made = await delegate({ to: 'kim', until: '2d' });
  expect(made.json['items']).toMatchObject([{ from: 'lead', to: 'kim' }]);
  expect((await approve(first)).status).toBe(200);
  const own = await ask(lead);
  expect(await approve(own)).toMatchObject({ status: 403, json: { code: 'proposal.foreign' } });
  expect((await delegate({ to: null })).json['items']).toEqual([]);
  expect((await approve(await ask())).status).toBe(403);

  for (const bad of [
    { to: 'otto', until: '1d' },
    { to: 'eve', until: '1d' },
    { to: 'lead', until: '1d' },
  ]) {
    expect(await delegate(bad)).toMatchObject({
      status: 400,
      json: { code: 'delegation.invalid' },
    });
  }
  expect((await delegate({ to: 'kim', until: 'long' })).status).toBe(400);
  expect((await delegate({ to: 'kim', until: '1d', from: 'otto' })).status).toBe(403);
});
