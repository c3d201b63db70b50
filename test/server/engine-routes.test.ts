import { describe, expect, test } from 'vitest';
import { json, openApi, shareApi } from './api.ts';
import { flowOf } from './engine.ts';

describe('how the engine does', () => {
  const flows = [
    flowOf('greet', 'user.created', ['one']),
    flowOf('never', 'user.*', ['x'], 'false'),
  ];

  test('is told in numbers that fit what was sent', async () => {
    const { ask } = await openApi({ flows });
    const before = (await ask('/api/v1/stats')).json;
    const event = { type: 'user.created', id: 'u-1' };
    const { json: receipt } = await ask('/api/v1/events', json(event));
    await ask('/api/v1/events', json(event));
    const seq = String(receipt['seq']);
    const { json: stats } = await ask(`/api/v1/stats?min_seq=${seq}`);
    expect(stats).toMatchObject({
      dispositions: { started: 1, filtered: 1, dead_lettered: 0 },
      receipts: { duplicates: 1, conflicts: 0, refused: 0 },
    });
    expect(Number(stats['events'])).toBeGreaterThan(Number(before['events']));
    expect(Number(stats['as_of'])).toBeGreaterThanOrEqual(Number(seq));
  });

  test('is told in a status', async () => {
    const { ask } = await openApi({ flows });
    expect((await ask('/api/v1/status')).json).toMatchObject({ state: 'running', degraded: [] });
  });

  test('is proved from the log, deeply too, however many ask at once', async () => {
    const { ask } = await openApi({ flows });
    await ask('/api/v1/events', json({ type: 'user.created' }));
    const paths = ['verify', 'verify?deep=true', 'verify?deep=false', 'rebuild-check', 'verify'];
    const reports = await Promise.all(paths.map((path) => ask(`/api/v1/${path}`)));
    for (const { status, json: report } of reports) {
      expect({ status, ok: report['ok'] }).toEqual({ status: 200, ok: true });
    }
  });
});

describe('the description of the routes', () => {
  const shared = shareApi();

  test('names every route with its parameters and whether it needs the token', async () => {
    const { ask, server } = shared();
    const { json: api } = await ask('/api/v1/openapi.json');
    const paths = api['paths'] as Record<string, Record<string, Operation>>;
    for (const { method, path, needs, query } of server.routes) {
      const operation = paths[path.replace(':id', '{id}')]?.[method.toLowerCase()];
      expect(operation?.security).toEqual(needs !== 'nothing' ? [{ token: [] }] : []);
      const named = operation?.parameters.filter((each) => each.in !== 'header');
      const names = named?.map(({ name }) => name);
      const own = path.includes(':id') ? ['id'] : [];
      expect(names).toEqual([...own, ...Object.keys(query?.shape ?? {})]);
    }
  });
});

interface Operation {
  readonly security: readonly object[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
}
