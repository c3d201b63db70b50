import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type Api, json, openApi } from './api.ts';
import { flowOf } from './engine.ts';

const FLOWS = [
  flowOf('greet', 'user.created', ['one'], 'true'),
  flowOf('part', 'user.gone', ['x']),
];

/** Writes the configuration's file anew, with these flows. */
async function write({ box }: Api, flows: object): Promise<void> {
  await writeFile(box.configuration.file, JSON.stringify({ flows }));
}

const greet = {
  on: { event: 'user.created', where: 'true' },
  steps: [{ id: 's1', echo: 'two' }],
};

describe('the flows in force', () => {
  test('are listed with what starts and bounds them, and with their open runs', async () => {
    const { ask } = await openApi({ flows: FLOWS });
    expect((await ask('/api/v1/flows')).json).toEqual({
      items: [
        {
          name: 'greet',
          on: [{ event: 'user.created', where: 'true' }],
          steps: [{ id: 's1', kind: 'echo' }],
          open: 0,
        },
        expect.objectContaining({ name: 'part', open: 0 }),
      ],
      next: null,
    });
  });

  test('count the runs of every catalog', async () => {
    const api = await openApi();
    const rest = { id: 'rest', sleep: '1h' };
    await write(api, { greet: { on: 'user.created', steps: [rest] } });
    await api.ask('/api/v1/reload', { method: 'POST' });
    const first = (await api.ask('/api/v1/events', json({ type: 'user.created' }))).json;
    await write(api, { greet: { on: 'user.created', steps: [rest, { emit: 'x' }] } });
    await api.ask('/api/v1/reload', { method: 'POST' });
    const second = (await api.ask('/api/v1/events', json({ type: 'user.created' }))).json;
    expect(Number(second['seq'])).toBeGreaterThan(Number(first['seq']));
    await api.ask(`/api/v1/stats?min_seq=${String(second['seq'])}`);
    expect((await api.ask('/api/v1/flows')).json).toMatchObject({ items: [{ open: 2 }] });
    expect((await api.ask('/api/v1/plan')).json).toMatchObject({
      pinned: [{ flow: 'greet', runs: 1 }],
    });
  });
});

describe('a plan', () => {
  test('tells what the files would change, and changes nothing', async () => {
    const api = await openApi({ flows: FLOWS });
    await write(api, { greet });
    const before = (await api.ask('/api/v1/status')).json;
    const { status, json: plan } = await api.ask('/api/v1/plan');
    expect(status).toBe(200);
    expect(plan).toMatchObject({
      ok: true,
      in_force: before['catalog'],
      removed: ['part'],
      changed: [{ flow: 'greet', parts: [{ part: 'steps', steps: { changed: ['s1'] } }] }],
    });
    expect((await api.ask('/api/v1/status')).json).toEqual(before);
  });

  test('tells what is wrong with the files', async () => {
    const api = await openApi({ flows: FLOWS });
    await write(api, { greet: { ...greet, stepps: [] } });
    const { status, json: plan } = await api.ask('/api/v1/plan');
    expect(status).toBe(200);
    expect(plan).toMatchObject({ ok: false, findings: [{ code: 'config.unknown_key' }] });
  });
});

describe('a reload', () => {
  test('puts the files in force', async () => {
    const api = await openApi({ flows: FLOWS });
    await write(api, { greet });
    const { status, json: result } = await api.ask('/api/v1/reload', { method: 'POST' });
    expect({ status, activated: result['activated'] }).toEqual({ status: 200, activated: true });
    expect((await api.ask('/api/v1/status')).json['catalog']).toBe(result['files']);
  });

  test('of bad files is a problem with their findings, and changes nothing', async () => {
    const api = await openApi({ flows: FLOWS });
    const before = (await api.ask('/api/v1/status')).json;
    await write(api, { greet: { ...greet, stepps: [] } });
    const { status, json: problem } = await api.ask('/api/v1/reload', { method: 'POST' });
    expect(status).toBe(422);
    expect(problem).toMatchObject({
      code: 'catalog.refused',
      findings: [{ severity: 'error', code: 'config.unknown_key', line: 1 }],
    });
    expect((await api.ask('/api/v1/status')).json).toEqual(before);
  });

  test('goes one after the other: each compares with what the one before put there', async () => {
    const api = await openApi({ flows: FLOWS });
    await write(api, { greet });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => api.ask('/api/v1/reload', { method: 'POST' })),
    );
    const activated = answers.filter(({ json: { activated: yes } }) => yes === true);
    expect(activated).toHaveLength(1);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  test('goes on after one that was refused', async () => {
    const api = await openApi({ flows: FLOWS });
    await write(api, { greet: [] });
    expect((await api.ask('/api/v1/reload', { method: 'POST' })).status).toBe(422);
    await write(api, { greet });
    expect((await api.ask('/api/v1/reload', { method: 'POST' })).status).toBe(200);
  });

  test('is nothing that a GET does', async () => {
    const { ask } = await openApi({ flows: FLOWS });
    expect((await ask('/api/v1/reload')).status).toBe(405);
  });
});
