import type { Status } from '../views/engine-view.ts';
import { escapeLines, formatTime } from './output.ts';

/** One sentence about a pause. */
export function describePause({ flow, by, reason, since }: Status['paused'][number]): string {
  const what = flow === null ? 'Everything' : `Flow ${escapeLines(flow).join(' ')}`;
  const why = reason === null ? '' : `: ${escapeLines(reason).join(' ')}`;
  return `${what} is paused since ${formatTime(since)} by ${escapeLines(by).join(' ')}${why}`;
}
