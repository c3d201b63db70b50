import { eventScope, type Scope } from '../flows/scope.ts';
import type { Motion } from './motion.ts';

/** The names that a step's templates may use. Nothing is made where a step uses none of them. */
export function runScope(motion: Motion, now: number): Scope {
  const { outputs, output, shownId, flow } = motion;
  const names = { outputs, output, run: shownId, flow: flow.name, now };
  return { get: (name) => eventScope(motion.event, names).get(name) };
}
