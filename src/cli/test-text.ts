import type { Unmet } from '../signalbox/testing/scenario/scenario.ts';
import { formatDuration } from '../std/duration.ts';
import { escapeText } from '../std/escape.ts';
import { count, indent } from './output.ts';
import type { Tested } from './test.ts';

/** What people read of one scenario. */
export function testLines({ file, test, ok, took, span, failures, error }: Tested): string[] {
  const word = ok ? 'ok  ' : 'FAIL';
  const time = `${formatDuration(span)} in ${formatDuration(took)}`;
  const head = `${word}  ${escapeText(test)}  (${escapeText(file)}, ${time})`;
  const problem = error === null ? [] : [escapeText(error)];
  return [head, ...indent([...problem, ...failures.flatMap(unmetLines)], 6)];
}

function unmetLines({ place, expected, instead, nearest }: Unmet): string[] {
  return [
    `${escapeText(place)}: expected ${escapeText(expected)}`,
    `  but ${escapeText(instead)}${nearest.length === 0 ? '' : ':'}`,
    ...indent(nearest.map(escapeText), 4),
  ];
}

/** `2 passed, 1 failed.` */
export function summaryLine(tested: readonly Tested[]): string {
  const failed = tested.filter(({ ok }) => !ok).length;
  const passed = count(tested.length - failed, 'scenario');
  return failed === 0 ? `${passed} passed.` : `${passed} passed, ${failed} failed.`;
}
