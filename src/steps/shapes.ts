import type { StepShape } from '../flows/step-shape.ts';
import { emitShape } from './emit.ts';
import { gateShape } from './gate.ts';
import { httpShape } from './http-shape.ts';
import { promptShape } from './prompt-shape.ts';
import { runShape } from './run-shape.ts';
import { sleepShape } from './sleep.ts';
import { toolShape } from './tools/built-in.ts';
import { waitShape } from './wait.ts';

/** How the built-in steps are written, for whoever only reads flows. */
export const builtInShapes: readonly StepShape[] = [
  runShape,
  toolShape,
  httpShape,
  promptShape,
  emitShape,
  sleepShape,
  gateShape,
  waitShape,
];
