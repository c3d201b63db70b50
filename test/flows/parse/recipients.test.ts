import { expect, test } from 'vitest';
import { type Recipients, reportRecipients } from '../../../src/flows/parse/recipients.ts';
import type { ReportedProblem } from '../../../src/flows/parse/report.ts';

const recipients: Recipients = { names: new Set(['desk', 'ann']), later: new Set(['sms']) };

/** What is said of names that stand one after the other. */
function said(names: readonly string[], known?: Recipients): readonly ReportedProblem[] {
  const problems: ReportedProblem[] = [];
  const report = (problem: ReportedProblem): void => {
    problems.push(problem);
  };
  const mentions = names.map((name, at) => ({ name, at, report }));
  reportRecipients(mentions, known);
  return problems;
}

test('who can be told is not spoken of, and nobody is where that is not known', () => {
  expect(said(['desk', 'ann'], recipients)).toEqual([]);
  expect(said(['nobody'])).toEqual([]);
});

test('who cannot be told is reported, with the name that may be meant', () => {
  expect(said(['ann', 'sms', 'desc', 'somebody'], recipients)).toEqual([
    {
      at: 1,
      code: 'config.not_supported',
      message: 'the channel "sms" is not supported by this version',
    },
    {
      at: 2,
      code: 'config.unknown_name',
      message: 'no channel, and nobody with channels, is called "desc", did you mean "desk"?',
    },
    {
      at: 3,
      code: 'config.unknown_name',
      message:
        'no channel, and nobody with channels, is called "somebody"; write it under "channels"',
    },
  ]);
});
