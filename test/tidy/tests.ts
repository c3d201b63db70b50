import ts from 'typescript';
import { type Code, nodesOf, type Problem, problemAt } from './code.ts';
import { importsOf } from './rooms.ts';

const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/^(it|test|describe)(\.\w+)*\.(skip|skipIf|runIf|todo|fails)$/, 'run it always, or delete it'],
  [/^(it|test|describe)(\.\w+)*\.only$/, 'run the others too'],
  [/^vi\.(mock|doMock|spyOn|stubGlobal)$/, 'use the real thing with a simulated clock or disk'],
];

/** Tests that are left out, stand alone, fake our own parts, or wait for time to pass. */
export function checkTests(code: Code): Problem[] {
  const used = [...nodesOf(code.tree)].filter(ts.isPropertyAccessExpression).flatMap((node) => {
    const remedy = REFUSED.find(([pattern]) => pattern.test(node.getText()))?.[1];
    return remedy === undefined ? [] : [problemAt(code, node, `${node.getText()}; ${remedy}`)];
  });
  const sleeps = importsOf(code.tree)
    .filter(({ text }) => /^(node:)?timers\/promises$/.test(text))
    .map((node) => problemAt(code, node, 'imports a sleep; wait for a signal or a condition'));
  return [...used, ...sleeps];
}
