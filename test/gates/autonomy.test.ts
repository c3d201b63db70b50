import { expect, test } from 'vitest';
import { type AutonomySources, autonomyOf, readAutonomy } from '../../src/gates/autonomy.ts';

const NOBODY: AutonomySources = {
  written: undefined,
  set: undefined,
  flowWritten: [],
  flowSet: undefined,
  fallen: false,
};

test.each<[string, Partial<AutonomySources>, string]>([
  ['2 where nobody says anything', {}, '2 default'],
  ['what the configuration says', { written: 1 }, '1 written'],
  ['what is set for all goes before that', { written: 1, set: 3 }, '3 set'],
  ['what the flow says goes before both', { written: 1, set: 3, flowWritten: [2] }, '2 written'],
  ['what is set for the flow goes before all', { flowWritten: [1], flowSet: 3 }, '3 set'],
  ['no flow has more than is set for all', { set: 1, flowSet: 3, flowWritten: [3] }, '1 set'],
  ['the lower of pinned and current', { flowWritten: [3, 1] }, '1 written'],
  ['a file that is gone says nothing', { flowWritten: [undefined, 3] }, '3 written'],
  ['1 after failures', { flowSet: 3, fallen: true }, '1 failures'],
  ['failures raise nothing', { set: 0, fallen: true }, '0 set'],
])('the level of a flow is %s', (_, sources, expected) => {
  const { level, from } = autonomyOf({ ...NOBODY, ...sources });
  expect(`${level} ${from}`).toBe(expected);
});

test('a level is a digit from 0 to 3', () => {
  expect(['0', '3', '4', '-1', ' 1', 'x', ''].map(readAutonomy)).toEqual([
    0,
    3,
    ...Array<undefined>(5).fill(undefined),
  ]);
});
