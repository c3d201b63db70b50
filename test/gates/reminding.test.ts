import { expect, test } from 'vitest';
import {
  addressees,
  approversToRemind,
  nextNotice,
  REMINDERS_MAX,
} from '../../src/gates/reminding.ts';

const NOTHING = { reminded: 0, escalated: false };
const PEOPLE = {
  anna: { roles: ['approver'], channels: [] },
  otto: { roles: ['viewer'], channels: ['mail'] },
} as const;

test.each([
  ['reminded each time', { remind: 10, escalate: [] }, NOTHING, 'remind 110'],
  ['and again', { remind: 10, escalate: [] }, { ...NOTHING, reminded: 2 }, 'remind 130'],
  ['not for ever', { remind: 10, escalate: [] }, { ...NOTHING, reminded: REMINDERS_MAX }, 'none'],
  [
    'escalated after two',
    { remind: 10, escalate: ['x'] },
    { ...NOTHING, reminded: 2 },
    'escalate 120',
  ],
  ['reminded first', { remind: 10, escalate: ['x'] }, { ...NOTHING, reminded: 1 }, 'remind 120'],
  [
    'escalated once',
    { remind: 10, escalate: ['x'] },
    { reminded: 2, escalated: true },
    'remind 130',
  ],
  ['at half its time', { remind: null, escalate: ['x'], expires: 300 }, NOTHING, 'escalate 200'],
  ['after an hour', { remind: null, escalate: ['x'] }, NOTHING, 'escalate 3600100'],
  ['not as it expires', { remind: 200, escalate: [], expires: 300 }, NOTHING, 'none'],
  ['never', { remind: null, escalate: [] }, NOTHING, 'none'],
])('an open proposal is %s', (_, proposal, said, expected) => {
  const next = nextNotice({ expires: null, ...proposal }, 100, said);
  expect(next === undefined ? 'none' : `${next.kind} ${next.at}`).toBe(expected);
});

test('people are told apart from channels, and whoever may answer is reminded', () => {
  expect(addressees(['otto', 'ops'], PEOPLE)).toEqual({ to: ['otto'], channels: ['ops'] });
  expect(approversToRemind({ approvers: ['anna'] }, PEOPLE)).toEqual(['anna']);
  expect(approversToRemind({ approvers: ['approver'] }, PEOPLE)).toEqual(['anna']);
  expect(approversToRemind({ approvers: [] }, PEOPLE)).toEqual(['owner']);
});
