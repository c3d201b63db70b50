import type { Scope } from '../flows/scope.ts';
import type { Json } from '../std/json.ts';
import type { Motion } from './motion.ts';

/** The names that a step's templates may use, each made when it is asked for. */
export function runScope(motion: Motion, now: number): Scope {
  return { get: (name) => valueOf(motion, name, now) };
}

function valueOf(motion: Motion, name: string, now: number): Json | undefined {
  switch (name) {
    case 'event':
      return motion.event() as unknown as Json;
    case 'payload':
      return motion.event().data;
    case 'steps':
      return Object.fromEntries([...motion.outputs].map(([id, output]) => [id, { output }]));
    case 'output':
      return motion.output;
    case 'run':
      return motion.shownId;
    case 'flow':
      return motion.flow.name;
    case 'now':
      return new Date(now).toISOString();
    default:
      return undefined;
  }
}
