import { ISOLATION_OFF } from '../../signalbox/isolation.ts';
import type { IsolationView } from '../../views/engine-view.ts';
import { type Diagnosis, ok, weaker } from './diagnosis.ts';

/** What a machine offers to who wants to leave its isolation. */
export interface IsolationFacts extends IsolationView {
  readonly isRoot: boolean;
  /** Sockets of container engines that we may write to. */
  readonly engines: readonly string[];
}

const REMEDY =
  'Install bubblewrap, or give this user namespaces of the kernel; see the guide, Threat model.';

const OFF_REMEDY = 'Remove "isolation: off" from "security", and ask again what there is.';

/** Whether steps are kept from seeing the daemon, and what leads around it. */
export function diagnoseIsolation({
  way,
  obstacles,
  isRoot,
  engines,
}: IsolationFacts): Diagnosis[] {
  if (way === null) {
    const reasons = obstacles.join('; ');
    const message = `Steps see the daemon and its token, so gates are advisory: ${reasons}.`;
    const isOff = obstacles.includes(ISOLATION_OFF);
    return [weaker('isolation', message, isOff ? OFF_REMEDY : REMEDY)];
  }
  const asRoot = isRoot ? ' As root they may still change any other file.' : '';
  return [
    ok('isolation', `Steps see neither the daemon nor its data (${way}).${asRoot}`),
    ...engines.map((socket) =>
      weaker(
        'containers',
        `A step can leave its isolation by ${socket}.`,
        'Run the daemon as a user who may not use it, where steps need no containers.',
      ),
    ),
  ];
}
