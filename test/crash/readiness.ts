import type { Child, Ready } from '../cli/signalbox.ts';

/** Resolves where the daemon is ready, and else never. */
export function readinessOf(child: Child): Promise<Ready> {
  return new Promise((resolve) => {
    child.stdout.once('data', (line: Buffer) => resolve(JSON.parse(line.toString()) as Ready));
  });
}
