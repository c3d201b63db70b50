import type { Status } from '../views/engine-view.ts';
import { escapeLines, formatTime } from './output.ts';

const STOPS = '; what was under way stops where it is';

/** One sentence about a pause. */
export function describePause({ flow, by, reason, now, since }: Status['paused'][number]): string {
  const what = flow === null ? 'Everything' : `Flow ${escapeLines(flow).join(' ')}`;
  const why = reason === null ? '' : `: ${escapeLines(reason).join(' ')}`;
  const who = escapeLines(by).join(' ');
  return `${what} is paused since ${formatTime(since)} by ${who}${why}${now ? STOPS : ''}`;
}
