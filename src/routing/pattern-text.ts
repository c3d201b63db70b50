import { ABSENT, AFTER, type PatternShape } from '../flows/time-pattern.ts';
import { excerpt } from '../flows/cel/messages.ts';
import { formatDuration } from '../std/duration.ts';
import { type Held, isFit } from './pattern.ts';

/** How much of a type a sentence shows, and how many of them. */
const SHOWN_MAX = 80;
const TYPES_SHOWN_MAX = 5;

/** What came of a pattern by the time that was up, and what did not, without a full stop. */
export function shortfall(shape: PatternShape, held: readonly Held[]): string {
  const { kind, count, withinMs } = shape;
  const within = `within ${formatDuration(withinMs)}`;
  if (kind === 'count') {
    return `count: ${held.length} of ${count} ${typeAt(shape, 0)} came ${within}`;
  }
  const came = placesTaken(shape, held);
  const [taken, missing] = [true, false].map((is) =>
    listed(
      shape.members.flatMap((_, place) => (came.has(place) === is ? typeAt(shape, place) : [])),
    ),
  );
  return `${kind}: ${taken} came, ${missing} did not ${within}`;
}

/** Why there is no absence to tell of. */
export function answeredText(shape: PatternShape): string {
  const { withinMs } = shape;
  const within = `within ${formatDuration(withinMs)}`;
  return `absent: ${typeAt(shape, ABSENT)} came ${within} of ${typeAt(shape, AFTER)}`;
}

/** The members of the longest beginning; of `all`, those for which there is an event. */
function placesTaken({ kind, count }: PatternShape, held: readonly Held[]): Set<number> {
  const taken = new Set<number>();
  for (const { fits } of held) {
    for (let place = 0; place < count; place++) {
      const isNext = kind === 'all' || place === 0 || taken.has(place - 1);
      if (isNext && !taken.has(place) && isFit(fits, place)) {
        taken.add(place);
        break;
      }
    }
  }
  return taken;
}

function typeAt({ members }: PatternShape, place: number): string {
  return excerpt(members[place]?.type ?? '', SHOWN_MAX);
}

function listed(types: readonly string[]): string {
  const more = types.length - TYPES_SHOWN_MAX;
  const shown = types.slice(0, TYPES_SHOWN_MAX).join(' and ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}
