import { describe, expect, test } from 'vitest';
import { waitShape, waitStep } from '../../src/steps/wait.ts';
import { contextOf, written } from '../fixtures/step-context.ts';

const WAIT = { event: 'approved', match: { pr: '{payload.pr}', 'event.subject': 'main' } };

describe('a wait step as it is written', () => {
  test('names an event and its values', () => {
    const whole = { wait: { ...WAIT, where: 'payload.n > 1', timeout: '4h' } };
    expect(written(waitShape, whole)).toEqual(whole);
    expect(written(waitShape, { wait: { ...WAIT, timeout: '{payload.time}' } })).toBeTypeOf(
      'object',
    );
  });

  test.each([
    [{ event: 'a' }, 'wait.match: Invalid input: expected record, received undefined'],
    [{ ...WAIT, match: {} }, 'wait.match: names between 1 and 8 values that the event must have'],
    [
      { ...WAIT, match: { 'a b': 1 } },
      'wait.match.a b: "a b" is no field of an event; write one such as payload.pr',
    ],
    [
      { ...WAIT, event: 'git.*' },
      'wait.event: a wait names one type of event, so "*" has no place in it',
    ],
    [{ ...WAIT, event: '' }, 'wait.event: is empty; name an event type, such as "git.pushed"'],
    [
      { ...WAIT, where: 'evnt.x == 1' },
      'wait.where: nothing defines "evnt", did you mean "event"?',
    ],
    [
      { ...WAIT, timeout: 'soon' },
      'wait.timeout: "soon" is no duration; write one such as 10m or 1h30m',
    ],
    [{ ...WAIT, timeout: '0s' }, 'wait.timeout: the timeout must be longer than nothing'],
    [{ ...WAIT, timeout: '4000d' }, 'wait.timeout: "4000d" is more than ten years'],
  ])('is refused as %j', (wait, message) => {
    expect(written(waitShape, { wait })).toEqual([message]);
  });
});

describe('a wait step', () => {
  const now = contextOf({}).now;
  const match = { pr: 7, ok: true, 'event.subject': 'main' };

  test('asks for the event, with its values as texts', async () => {
    const wanted = {
      event: 'approved',
      match: [
        ['pr', '7'],
        ['ok', 'true'],
        ['event.subject', 'main'],
      ],
    };
    const { event } = WAIT;
    expect(await waitStep().execute(contextOf({ wait: { event, match } }))).toEqual({
      kind: 'await',
      wanted,
      until: null,
    });
    const more = { where: 'payload.n > 1', timeout: '4h' };
    expect(await waitStep().execute(contextOf({ wait: { event, match, ...more } }))).toEqual({
      kind: 'await',
      wanted: { ...wanted, where: 'payload.n > 1' },
      until: now + 4 * 3_600_000,
    });
  });

  test.each([
    [{ match: { pr: null } }, '"match" gives "pr" no text, number or boolean.'],
    [{ match: { pr: ['a'] } }, '"match" gives "pr" no text, number or boolean.'],
    [{ match: { pr: 'x'.repeat(1_001) } }, 'the value of "pr" has more than 1000 characters.'],
    [{ timeout: 'soon' }, '"soon" is no duration; write one such as 10m or 1h30m.'],
    [{ timeout: 7 }, 'its timeout is no text.'],
  ])('fails where templates have made %j of it', async (filled, why) => {
    const wait = { event: 'approved', match, ...filled };
    expect(await waitStep().execute(contextOf({ wait }))).toEqual({
      kind: 'fail',
      error: {
        code: 'step.input_invalid',
        message: `"wait" cannot be done: ${why}`,
        happened: 'no',
      },
    });
  });
});
