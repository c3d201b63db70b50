import { describe, expect, test } from 'vitest';
import { commandLine } from './in-process.ts';
import { makeFolder } from './signalbox.ts';

const CONFIGURATION = `
sources:
  - { type: webhook, path: /hooks/deploy, auth: none, handler: on-deploy }
  - { type: webhook, path: /hooks/github, preset: github, auth: none, handler: on-push }
  - { type: file_change, path: src, pattern: "**/*.ts", events: [create, modify], handler: on-code }
handlers:
  on-deploy: { emit: deploy.seen, data: "\${{ payload }}" }
  on-push: { emit: push.seen, data: { branch: "{payload.branch}" } }
  on-code: { emit: code.seen, data: { files: "{files}" } }
  by-hand: { id: send, http: { url: "https://example.com/{payload.n}" } }
flows:
  release:
    on: release.requested
    steps:
      - id: approval
        wait: { event: release.approved, match: { version: "{payload.version}" }, timeout: 4h }
      - { id: write, tool: filesystem, action: write, with: { path: notes.md, content: text } }
      - { emit: release.published, data: { by: "{steps.approval.output.data.by}" } }
`;

const GOOD = `
test: everything that can be given happens at its time
at: 2026-07-16T21:00:00Z
given:
  - { at: 2h, emit: release.approved, data: { version: "1.2", by: kim } }
  - { emit: release.requested, data: { version: "1.2" } }
  - { at: 61m, down: 2m }
  - { at: 2h, webhook: /hooks/deploy, body: { version: "1.2" } }
  - at: 2h
    webhook: /hooks/github
    headers: { X-GitHub-Event: push }
    body: { ref: refs/heads/main, commits: [] }
  - { at: 2h, file: [src/a.ts, README.md] }
  - { at: 2h, restart: true }
  - { at: 3h, trigger: by-hand, data: { n: 7 } }
answers: { filesystem: null, http: { status: 200 } }
expect:
  - { by: 2h, event: release.published, where: "payload.by == 'kim'", count: 1 }
  - { run: release, state: succeeded, where: "run.steps.size() == 3" }
  - { effect: filesystem, step: write, where: "effect.input.with.content == 'text'" }
  - { effect: http, where: "effect.input.http.url.endsWith('/7')" }
  - { event: deploy.seen, where: "payload.version == '1.2'" }
  - { event: push.seen, where: "payload.branch == 'main'" }
  - { event: code.seen, where: "payload.files == ['src/a.ts']", count: 1 }
  - never: { event: run.failed }
  - never: escalation.raised
`;

const BAD = `
test: what did not come true is told with what was there
given:
  - { emit: release.requested, data: { version: "1.2" } }
  - { at: 2h, emit: release.approved, data: { version: "1.3", by: kim } }
  - { at: 5m, trigger: by-hand, data: { n: 7 } }
expect:
  - { by: 1h, event: release.published }
  - { by: 1h, event: release.approved }
  - { run: release, state: succeeded }
  - { effect: slack }
  - { event: release.aproved }
  - { event: release.requested, count: 2 }
  - never: { event: release.approved, where: "payload.by == 'kim'" }
`;

function folderWith(files: Readonly<Record<string, string>>): string {
  return makeFolder({ 'signalbox.yaml': CONFIGURATION, ...files });
}

const GATED = `
people:
  lead: { roles: [approver], channels: [ops] }
  kim: { roles: [viewer] }
channels: { ops: { inbox: ops.jsonl } }
flows:
  ship:
    on: ship.wanted
    steps:
      - { id: draft, run: [echo, "{payload.n} {returned.reason}"] }
      - id: send
        gate: { risk: high, approvers: [lead], expires: 4h }
        run: [echo, "{steps.draft.output}"]
      - { notify: ops, message: "sent {payload.n}" }
  alarm:
    on: volume.filling
    steps: [{ notify: lead, message: "it fills", urgency: critical }]
`;

const ANSWERED = `
test: people answer, and what they say is what happens
given:
  - { emit: ship.wanted, data: { n: 1 } }
  - { at: 1h, return: ship, step: send, by: lead, reason: "say who" }
  - { at: 2h, approve: ship, by: lead, with: { run: [echo, edited] } }
  - { at: 3h, emit: ship.wanted, data: { n: 2 } }
  - { at: 4h, reject: ship, by: lead, reason: "not today" }
  - { at: 5h, emit: ship.wanted, data: { n: 3 } }
  - { at: 10h, emit: volume.filling }
answers: { run: done }
expect:
  - { by: 1h, proposal: ship, state: returned, where: "proposal.decision.reason == 'say who'" }
  - { by: 1h, effect: run, where: "effect.input.run[1] == '1 say who'", count: 1 }
  - { by: 2h, proposal: ship, step: send, state: approved, risk: high, count: 1 }
  - { by: 2h, effect: run, step: send, where: "effect.input.run == ['echo', 'edited']", count: 1 }
  - { by: 4h, proposal: ship, state: rejected, where: "proposal.decision.by == 'lead'", count: 1 }
  - { by: 9h, proposal: ship, state: expired, where: "proposal.content.argv == ['echo', 'done']" }
  - { proposal: ship, count: 4 }
  - { effect: run, step: send, count: 1 }
  - { by: 2h, notification: ops, state: sent, where: "notification.message == 'sent 1'", count: 1 }
  - { by: 10h, notification: ops, to: lead, urgency: critical, count: 1 }
  - { by: 10h, incident: alarm, state: open, level: red, where: "incident.reason == 'it fills'" }
  - never: { proposal: ship, state: withdrawn }
`;

const UNHEARD = `
test: nobody hears them
given:
  - { approve: ship, by: lead }
  - { emit: ship.wanted, data: { n: 1 } }
  - { at: 1s, approve: ship, by: kim }
  - { at: 2s, reject: ship, step: sent, by: lead }
answers: { run: done }
expect:
  - { proposal: ship, state: approved }
`;

describe('what people say in a scenario', () => {
  const folder = (files: Readonly<Record<string, string>>): string =>
    makeFolder({ 'signalbox.yaml': GATED, ...files });

  test('is heard at its time, as edited; what people are asked and told is expected', async () => {
    const { code, stdout, stderr } = await commandLine(folder({ 'a.test.yaml': ANSWERED }), [
      'test',
    ]);
    expect({ code, stderr, said: code === 0 ? '' : stdout }).toEqual({
      code: 0,
      stderr: '',
      said: '',
    });
  });

  test('is told with its place where it is not heard', async () => {
    const { code, stdout } = await commandLine(folder({ 'b.test.yaml': UNHEARD }), ['test']);
    expect(code).toBe(1);
    expect(stdout.split('\n').slice(1, -2)).toEqual([
      '      b.test.yaml:4:5: expected approve of a proposal of ship by lead',
      '        but none is open of ship, nor of any other flow',
      '      b.test.yaml:6:5: expected approve of a proposal of ship by kim',
      expect.stringContaining('but it was refused: '),
      '      b.test.yaml:7:5: expected reject of a proposal of ship, step sent by lead',
      '        but none is open; open are those of ship, step send',
      '      b.test.yaml:10: expected proposal ship in state approved',
      '        but there was none such:',
      expect.stringMatching(/^ {10}0s  ship  send  open, risk high  /),
    ]);
  });

  test('names nobody whom nobody knows', async () => {
    const text = 'test: x\ngiven: [{ approve: ship, by: led }]\nexpect: [{ never: a }]\n';
    const { code, stdout } = await commandLine(folder({ 'c.test.yaml': text }), ['test']);
    expect(code).toBe(1);
    expect(stdout).toContain('c.test.yaml:2:9: Nobody is called "led"; did you mean lead?');
  });
});

describe('signalbox test', () => {
  test('plays what is given under a virtual clock, and says that all came true', async () => {
    const folder = folderWith({ 'good.test.yaml': GOOD });
    const { code, stdout, stderr } = await commandLine(folder, ['test']);
    expect({ code, stderr, stdout }).toMatchObject({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^ok {4}everything that can be given happens at its time {2}\(good\.test\.yaml, 3 h/m,
    );
    expect(stdout).toMatch(/^1 scenario passed\.$/m);
  });

  test('says what was expected, and what happened instead, with the nearest events', async () => {
    const folder = folderWith({ 'bad.test.yaml': BAD });
    const { code, stdout } = await commandLine(folder, ['test', 'bad.test.yaml']);
    expect(code).toBe(1);
    expect(stdout.split('\n').slice(1)).toEqual([
      '      bad.test.yaml:8: expected event release.published by 1h',
      expect.stringContaining('but there was no event release.published; there were '),
      '      bad.test.yaml:9: expected event release.approved by 1h',
      '        but it came too late:',
      '          2h  release.approved  {"version":"1.3","by":"kim"}',
      '      bad.test.yaml:10: expected run release in state succeeded',
      '        but there was none such:',
      expect.stringContaining('0s  release  waiting: '),
      '      bad.test.yaml:11: expected effect slack',
      '        but there was no effect slack; there were http',
      '      bad.test.yaml:12: expected event release.aproved',
      '        but there was no event release.aproved; did you mean release.approved?',
      '      bad.test.yaml:13: expected event release.requested 2 times',
      '        but there was 1:',
      '          0s  release.requested  {"version":"1.2"}',
      "      bad.test.yaml:14: expected never: event release.approved where payload.by == 'kim'",
      '        but there was 1:',
      '          2h  release.approved  {"version":"1.3","by":"kim"}',
      '0 scenarios passed, 1 failed.',
      '',
    ]);
  });

  test('says so where a choreography cannot be begun by hand', async () => {
    const folder = folderWith({
      'choreographies/pushes.yaml':
        'choreography: { name: pushes, triggers: [ "git.*" ], flow: [ { on: "git.*", emit: x } ] }',
      'pushes.test.yaml': 'test: by hand\ngiven: [ { trigger: pushes } ]\nexpect: [ never: x ]\n',
    });
    const { code, stdout } = await commandLine(folder, ['test', 'pushes.test.yaml']);
    expect(stdout).toContain('Each trigger of "pushes" stands for several types');
    expect(code).toBe(1);
  });

  test('says the same twice, and as one JSON document', async () => {
    const folder = folderWith({ 'bad.test.yaml': BAD });
    const told = async (): Promise<unknown> => {
      const { code, stdout } = await commandLine(folder, ['test', '--json']);
      expect(code).toBe(1);
      return JSON.parse(stdout.replaceAll(/"took": \d+/g, '"took": 0'));
    };
    const once = await told();
    expect(once).toMatchObject({
      ok: false,
      findings: [],
      tests: [{ file: 'bad.test.yaml', ok: false, span: 7_260_000, error: null }],
    });
    expect(await told()).toEqual(once);
  });

  test('names each thing that is wrong in a scenario with its place', async () => {
    const text = [
      'test: no good',
      'given:',
      '  - { at: 2, emit: a }',
      '  - { beat: agent }',
      '  - { emitt: x }',
      'expect:',
      '  - { event: a, where: "evnt.x == 1" }',
      '  - { run: release, stat: succeeded }',
      '  - { event: a, count: -1 }',
      'untill: 3h',
    ].join('\n');
    const folder = folderWith({ 'bad.test.yaml': text });
    const { code, stdout, stderr } = await commandLine(folder, ['test']);
    expect({ code, stdout }).toEqual({ code: 65, stdout: '' });
    expect(stderr.split('\n').map((line) => line.replace(/^bad\.test\.yaml:/, ''))).toEqual([
      '3:11: error: "at": needs a unit, as in "500ms", "30s", "5m" or "1h30m" [config.invalid]',
      expect.stringContaining('4:5: error: "beat" in a scenario is not supported by this version'),
      expect.stringContaining('5:5: error: something that is given has one of emit, '),
      '7:24: error: nothing defines "evnt", did you mean "event"? [config.unknown_name]',
      expect.stringContaining('8:21: error: unknown key "stat" in something that is expected, did'),
      expect.stringContaining('9:24: error: "count"'),
      expect.stringContaining('10:1: error: unknown key "untill" in a scenario, did you mean'),
      '',
    ]);
  });

  test('says why a scenario cannot be played, and where there is none', async () => {
    const cases = [
      [
        '{ webhook: /hooks/other }',
        'No webhook is heard at /hooks/other; there are /hooks/deploy, ',
      ],
      ['{ file: a.md }', 'No source tells of modify of a.md; there are file_change:'],
      ['{ trigger: release-it }', 'release-it'],
      ['{ emit: run.started }', 'The event run.started is not taken'],
    ] as const;
    for (const [given, said] of cases) {
      const text = `test: t\ngiven:\n  - ${given}\nexpect: []\n`;
      const folder = folderWith({ 'a.test.yaml': text });
      const { code, stdout } = await commandLine(folder, ['test', 'a.test.yaml']);
      expect({ given, code, stdout }).toMatchObject({
        code: 1,
        stdout: expect.stringContaining(said),
      });
    }
    const none = await commandLine(folderWith({}), ['test']);
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no scenario'),
    });
    const bad = makeFolder({
      'signalbox.yaml': 'flows: 1',
      'a.test.yaml': 'test: t\nexpect: []\n',
    });
    expect(await commandLine(bad, ['test'])).toMatchObject({ code: 65 });
  });
});
