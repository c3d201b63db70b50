import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Ended, signalbox, signalboxJson, startDaemon } from './signalbox.ts';

const FLOWS = `
flows:
  deploy:
    on: { event: deploy.requested, where: "payload.level == 'red' && payload.n > 1" }
    steps:
      - { id: tell, emit: deploy.done, data: { n: "{payload.n}" } }
  after:
    on: deploy.done
    steps:
      - { id: extra, if: "payload.n > 100", emit: big.deploy }
      - id: pay
        run: [node, -e, "process.exit(3)"]
        effect: ask
`;
const EVIL = '\u001b[2J\u009b31m\u202e';

const shared = mkdtempSync(join(tmpdir(), 'signalbox-answers-'));
afterAll(() => rmSync(shared, { recursive: true, force: true }));
let made: Promise<Ids> | undefined;

interface Ids {
  readonly wanted: string;
  readonly filtered: string;
  readonly misspelt: string;
  readonly after: string;
}

/** What stands in the shared folder: a chain that waits for a person, and two events without. */
function ids(): Promise<Ids> {
  made ??= makeRuns();
  return made;
}

async function makeRuns(): Promise<Ids> {
  writeFileSync(join(shared, 'signalbox.yaml'), FLOWS);
  const { end, logged } = await startDaemon(shared);
  const emit = async (type: string, data: object): Promise<string> => {
    const { stdout } = await signalbox(shared, ['emit', type, '--data', JSON.stringify(data)]);
    return stdout.trim();
  };
  const filtered = await emit('deploy.requested', { level: `green${EVIL}`, n: 5 });
  const misspelt = await emit('deploy.requestd', {});
  for (const _ of [1, 2]) await signalbox(shared, ['emit', 'a', '--id', `i${'x'.repeat(500)}`]);
  const wanted = await emit('deploy.requested', { level: 'red', n: 5 });
  await logged('waits for a person');
  await end();
  const { items } = (await signalboxJson(shared, ['runs', '--flow', 'after'])) as {
    readonly items: readonly { readonly id: string }[];
  };
  return { wanted, filtered, misspelt, after: items[0]?.id ?? '' };
}

function ask(...args: string[]): Promise<Ended> {
  return signalbox(shared, args);
}

describe('any id is explained by one command', () => {
  test('a run, with its causes from the root down', async () => {
    const { after, wanted } = await ids();
    const { stdout } = await ask('why', after);
    expect(stdout).toMatch(/^state +waiting$/m);
    expect(stdout).toMatch(/^because +step "pay" waits for a person: .*code 3/m);
    const causes = stdout.slice(stdout.indexOf('causes')).split('\n').slice(2);
    expect(causes[0]).toMatch(new RegExp(`${wanted} +event deploy.requested +cli$`));
    expect(causes[1]).toMatch(/run of flow deploy$/);
    expect(causes[2]).toMatch(/event deploy.done +flow deploy, step tell$/);
    expect(causes[3]).toMatch(new RegExp(`${after} +run of flow after$`));
  });

  test('an event, and one that started nothing', async () => {
    const { wanted, filtered } = await ids();
    expect((await ask('why', wanted)).stdout).toMatch(
      /^because +flow "deploy" started run sb\w+-\d+ \(succeeded\)$/m,
    );
    expect((await ask('why', filtered)).stdout).toMatch(/^because +flow "deploy" filtered it/m);
  });

  test('and an unknown one is a mistake of the command line, with a hint', async () => {
    await ids();
    const unknown = await ask('why', '9999');
    expect({ code: unknown.code, stdout: unknown.stdout }).toEqual({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain('signalbox history');
  });
});

describe('why-not', () => {
  test('names the rule, the value that it saw and the part that is false', async () => {
    const { filtered, misspelt, wanted } = await ids();
    const { code, stdout } = await ask('why-not', filtered, 'deploy');
    expect(code).toBe(0);
    expect(stdout).toContain(String.raw`payload.level = "green\u001b[2J\u009b31m\u202e"`);
    expect(stdout).toMatch(/^false +payload\.level == 'red'$/m);
    expect((await ask('why-not', misspelt, 'deploy')).stdout).toContain('is one misspelt?');
    const started = await ask('why-not', wanted, 'deploy');
    expect({ code: started.code, said: started.stdout.includes('it did start: run') }).toEqual({
      code: 0,
      said: true,
    });
  });

  test('takes no flow for another', async () => {
    const { wanted } = await ids();
    const { code, stderr } = await ask('why-not', wanted, 'deplyo');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'signalbox: There is no flow "deplyo", did you mean "deploy"?\n',
    });
  });
});

describe('the lists', () => {
  test('history has what became of each event, newest first', async () => {
    await ids();
    const { stdout } = await ask('history', '--limit', '6');
    const lines = stdout.trim().split('\n').slice(1);
    expect(lines).toHaveLength(6);
    expect(stdout).toMatch(
      /deploy\.done +flow:deploy +flow "after" started run sb\w+-\d+ \(waiting\)/,
    );
    expect(lines.findIndex((line) => line.includes(' deploy.done '))).toBeLessThan(
      lines.findIndex((line) => line.includes(' deploy.requestd ')),
    );
    expect(stdout).not.toContain('run.started');
  });

  test('effects has what nobody knows, and says that nothing else is listed', async () => {
    const { after } = await ids();
    const { stdout } = await ask('effects', '--uncertain', '--since', '1h');
    expect(stdout).toMatch(new RegExp(`after +${after}/pay +ask +1 +unknown +attempt 1 may have`));
    expect((await ask('effects')).code).toBe(2);
    const later = await ask('effects', '--uncertain', '--since', '2999-01-01');
    expect(later).toMatchObject({ code: 0, stdout: '', stderr: 'No effect is uncertain.\n' });
    const bad = await ask('effects', '--uncertain', '--since', `x${EVIL}`);
    expect(bad.code).toBe(2);
    expect(bad.stderr).not.toContain('\u001b');
  });

  test('stats has what was no new event, summed up over all sessions', async () => {
    await ids();
    expect(await signalboxJson(shared, ['stats'])).toMatchObject({
      receipts: { duplicates: 1, sources: { cli: { duplicates: 1, conflicts: 0, refused: 0 } } },
    });
    expect((await ask('stats')).stdout).toMatch(/^ +duplicates of cli +1$/m);
  });
});

test('nothing that they print does anything to a terminal', async () => {
  const { filtered, after } = await ids();
  for (const args of [
    ['why', filtered],
    ['why', EVIL],
    ['why-not', filtered, 'deploy'],
    ['why-not', filtered, EVIL],
    ['why-not', filtered, 'deploy', '--json'],
    ['history'],
    ['history', '--json'],
    ['runs', 'show', after],
  ]) {
    const { stdout, stderr } = await ask(...args);
    const said = `${args.join(' ').replaceAll(EVIL, '')}: ${stdout}${stderr}`;
    expect(said.replaceAll('\n', '')).toMatch(/^[^\p{Cc}\p{Bidi_Control}]+$/u);
  }
});
