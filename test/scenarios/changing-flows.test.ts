import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/config/definitions.ts';
import type { OpenRuns } from '../../src/store/contract.ts';
import { makeFolder, signalbox, signalboxJson, startDaemon } from '../cli/signalbox.ts';
import { ApiClient } from '../crash/api-client.ts';
import { expectSoundLog } from '../crash/siege.ts';

/** Ends the rest of every run. */
const RELEASE = { type: 'work.released', data: { what: 'all' } };

/** A flow that rests until it is released, and then tells of itself. */
function resting(version: string, ...more: readonly object[]): object {
  const data = { version, n: '{payload.n}' };
  return {
    on: 'work.requested',
    steps: [
      { id: 'rest', wait: { event: RELEASE.type, match: RELEASE.data } },
      ...more,
      { id: 'tell', emit: 'work.told', data },
    ],
  };
}

type Flows = Readonly<Record<string, object>>;

const FLOWS: Readonly<Record<'first' | 'second' | 'third', Flows>> = {
  first: { edited: resting('1'), renamed: resting('1'), deleted: resting('1') },
  second: {
    edited: resting('2', { id: 'note', emit: 'work.noted' }),
    'renamed-since': resting('1'),
  },
  third: { edited: resting('3'), deleted: resting('3') },
};

function write(folder: string, flows: Flows): void {
  writeFileSync(join(folder, 'signalbox.yaml'), JSON.stringify({ flows }));
}

interface Wave {
  readonly flows: keyof typeof FLOWS;
  readonly events: number;
}

/** The runs of all waves: three flows, then two. */
const RUNS = 1_000;

interface Started {
  readonly flow: string;
  readonly catalog: string;
  readonly event: number;
}

/** What was recorded of an event: which flows it is to start, under which catalog. */
interface Asked {
  readonly n: number;
  readonly seq: number;
  readonly flows: Flows;
  readonly catalog: string;
}

/** A project whose flows change while their runs rest. */
class ChangingProject {
  readonly folder = makeFolder();
  readonly asked: Asked[] = [];

  /** Records events, each of which starts a run of each flow that is in force. */
  async emit(client: ApiClient, { flows, events }: Wave): Promise<void> {
    const { catalog } = await client.get<{ readonly catalog: string }>('/status');
    const emitted = Array.from({ length: events }, async (_, i) => {
      const n = this.asked.length + i;
      const receipt = await client.emit({ type: 'work.requested', id: `w-${n}`, data: { n } });
      return { n, seq: receipt?.seq ?? 0, flows: FLOWS[flows], catalog };
    });
    this.asked.push(...(await Promise.all(emitted)));
  }

  async reload(flows: keyof typeof FLOWS): Promise<Plan> {
    write(this.folder, FLOWS[flows]);
    return (await signalboxJson(this.folder, ['reload'])) as Plan;
  }

  /** Each run that there must be, as `event flow catalog`. */
  runsDue(): string[] {
    return this.asked
      .flatMap(({ seq, flows, catalog }) =>
        Object.keys(flows).map((flow) => `${seq} ${flow} ${catalog}`),
      )
      .toSorted();
  }

  /** What each run must tell, as `n flow version`. */
  toldDue(): string[] {
    return this.asked
      .flatMap(({ n, flows }) =>
        Object.entries(flows).map(([flow, written]) => `${n} ${flow} ${versionIn(written)}`),
      )
      .toSorted();
  }
}

function versionIn(flow: object): string {
  return /"version":"(\d)"/.exec(JSON.stringify(flow))?.[1] ?? '';
}

const openIn = async (client: ApiClient): Promise<OpenRuns> =>
  (await client.get<{ readonly runs: OpenRuns }>('/stats')).runs;

/** F60 of the fault matrix. */
test('1,000 runs end under the flows that they began with, whatever becomes of these', async () => {
  const project = new ChangingProject();
  const { folder } = project;
  write(folder, FLOWS.first);
  let daemon = await startDaemon(folder);
  let client = new ApiClient(daemon.ready);
  await project.emit(client, { flows: 'first', events: 150 });

  const second = await project.reload('second');
  expect(second).toMatchObject({ added: ['renamed-since'], removed: ['renamed', 'deleted'] });
  expect(second.changed.map(({ flow }) => flow)).toEqual(['edited']);
  await project.emit(client, { flows: 'second', events: 150 });

  // A start with changed files goes on with what is in force.
  write(folder, FLOWS.third);
  expect(await daemon.end()).toBe(0);
  daemon = await startDaemon(folder);
  client = new ApiClient(daemon.ready);
  await project.emit(client, { flows: 'second', events: 50 });

  const third = await project.reload('third');
  expect(third).toMatchObject({ added: ['deleted'], removed: ['renamed-since'] });
  await project.emit(client, { flows: 'third', events: 75 });
  await daemon.end('SIGKILL');

  daemon = await startDaemon(folder);
  client = new ApiClient(daemon.ready);
  await client.statsAt(project.asked.at(-1)?.seq ?? 0);
  const { queued, running, waiting } = await openIn(client);
  expect(queued + running + waiting, 'all changes came while all runs were open').toBe(RUNS);
  const { pinned } = await client.get<Plan>('/plan');
  expect(pinned.reduce((sum, { runs }) => sum + runs, 0)).toBe(RUNS - 150);

  await client.emit(RELEASE);
  await client.quiet();
  const started = (await client.events('run.started')).map(
    ({ data }) => data as unknown as Started,
  );
  expect(
    started.map(({ flow, catalog, event }) => `${event} ${flow} ${catalog}`).toSorted(),
  ).toEqual(project.runsDue());
  const told = (await client.events('work.told')).map(({ data, source }) => {
    const { n, version } = data as { readonly n: number; readonly version: string };
    return `${n} ${source.replace('flow:', '')} ${version}`;
  });
  expect(told.toSorted()).toEqual(project.toldDue());
  const runs = await client.runs();
  expect(runs).toHaveLength(RUNS);
  expect(new Set(runs.map(({ state }) => state))).toEqual(new Set(['succeeded']));
  const noted = runs.filter(({ steps }) => steps.some(({ id }) => id === 'note'));
  expect(noted).toHaveLength(200);
  expect(await daemon.end()).toBe(0);
  await expectSoundLog(folder);
});

describe('a reload', () => {
  const one = { greet: { on: 'a', steps: [{ emit: 'one' }] } };
  const two = { greet: { on: 'a', steps: [{ emit: 'two' }] } };

  /** The catalog in force, and how events are answered under it. */
  async function inForce(client: ApiClient): Promise<string> {
    return (await client.get<{ readonly catalog: string }>('/status')).catalog;
  }

  test('of bad files is refused and recorded, and what is in force stays', async () => {
    const folder = makeFolder();
    write(folder, one);
    const { ready, end } = await startDaemon(folder);
    const client = new ApiClient(ready);
    const before = await inForce(client);
    writeFileSync(join(folder, 'signalbox.yaml'), 'flows:\n  greet: { on: a, stepps: [] }\n');
    const { code, stdout } = await signalbox(folder, ['reload']);
    expect(code).toBe(65);
    expect(stdout).toMatch(/^signalbox\.yaml:2:\d+: error: .*did you mean "steps"\?/);
    expect(stdout).toContain('what is in force stays');
    expect(await inForce(client)).toBe(before);
    const [refused] = await client.events('catalog.refused');
    expect(refused?.data).toEqual({
      actor: 'owner',
      request: expect.any(String) as string,
      findings: 1,
      first: expect.stringMatching(/signalbox\.yaml:2:\d+: error: unknown key/) as string,
    });
    await client.emit({ type: 'a' });
    await client.quiet();
    expect(await client.events('one')).toHaveLength(1);
    await end();
    await expectSoundLog(folder);
  });

  test('is asked for by SIGHUP too, and the log says what came of it', async () => {
    const folder = makeFolder();
    write(folder, one);
    const { ready, child, end, logged } = await startDaemon(folder);
    const client = new ApiClient(ready);
    write(folder, two);
    child.kill('SIGHUP');
    await logged(/flows put in force .*actor=SIGHUP added=0 removed=0 changed=1/);
    await client.emit({ type: 'a' });
    await client.quiet();
    expect(await client.events('two')).toHaveLength(1);
    child.kill('SIGHUP');
    await logged('the files were in force already');
    writeFileSync(join(folder, 'signalbox.yaml'), 'flows: [');
    child.kill('SIGHUP');
    await logged(/the files are refused.*actor=SIGHUP/);
    expect(await client.events('catalog.refused')).toHaveLength(1);
    expect(await end()).toBe(0);
  });

  /** When the daemon is killed, in milliseconds after the reload is asked for. */
  const MOMENTS_MS = ['before it is heard', 2, 5, 'after it'] as const;

  test('that is cut off by kill -9 leaves one of the two in force, whole', async () => {
    const folder = makeFolder();
    write(folder, one);
    let hash: string | undefined;
    const outcomes = new Set<string>();
    for (const [index, moment] of MOMENTS_MS.entries()) {
      const daemon = await startDaemon(folder);
      const client = new ApiClient(daemon.ready);
      const before = await inForce(client);
      expect(hash ?? before).toBe(before);
      write(folder, { [`greet-${index}`]: { on: 'a', steps: [{ emit: 'one' }] } });
      if (moment === 'before it is heard') daemon.child.kill('SIGSTOP');
      const answer = client.reload().catch(() => undefined);
      if (moment === 'after it') await answer;
      if (typeof moment === 'number') {
        await new Promise((resolve) => void setTimeout(resolve, moment));
      }
      await daemon.end('SIGKILL');
      const acknowledged = (await answer)?.status === 200;

      const next = await startDaemon(folder);
      const after = new ApiClient(next.ready);
      hash = await inForce(after);
      const { files, in_force: now, ...plan } = await after.get<Plan>('/plan');
      expect(now).toBe(hash);
      expect(acknowledged ? [files] : [before, files]).toContain(hash);
      expect(plan.added).toEqual(hash === files ? [] : [`greet-${index}`]);
      outcomes.add(hash === files ? 'new' : 'old');
      await next.end();
    }
    expect(outcomes).toEqual(new Set(['old', 'new']));
    await expectSoundLog(folder);
  });
});
