import { expect, test } from 'vitest';
import { namesAfter, pathProblem, undoNames } from '../../../src/flows/names.ts';

test('what undoes a step may ask whether that step happened, and no other', () => {
  const names = undoNames(namesAfter([{ id: 'before' }]), { id: 'book' });
  expect(pathProblem(['steps', 'book', 'happened'], names)).toBeUndefined();
  expect(pathProblem(['steps', 'before', 'happened'], names)).toEqual({
    code: 'config.unknown_name',
    message: 'a step has only "output", so write steps.before.output',
  });
});
