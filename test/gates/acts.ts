import { type Act, NO_ACT } from '../../src/gates/act.ts';

/** An act of a `run` step, with what a test says of it. */
export function actWith(said: Partial<Act> = {}): Act {
  return { ...NO_ACT, kind: 'run', flow: 'deploy', step: 'push', ...said };
}

/** A command without a shell. */
export function command(line: string): Act {
  return actWith({ argv: line.split(' ') });
}

/** A shell's text. */
export function shell(text: string): Act {
  return actWith({ argv: ['/bin/sh', '-c', text] });
}
