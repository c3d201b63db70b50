import type { Clock } from '../std/clock.ts';
import type { Round } from './round.ts';
import type { OpenWindow } from './window.ts';

/** How often it is recorded that the router watches: what a crash may cost a window in time. */
export const MARK_MS = 60_000;
/** After that, how long what happened meanwhile may take to be told: sources look for it first. */
const GRACE_MS = 5_000;
/** How far the two clocks may part before that is time in which nothing ran. */
const DRIFT_MS = 500;

/** How long what came before an absence is due may take to the log; how often that is looked. */
const ARRIVAL_MS = 1_000;
export const ARRIVAL_LOOK_MS = 5;

/** Whether an absence would be told of though what is to stay away may have come already. */
export function isHasty({ window: { due, pattern } }: OpenWindow, now: number): boolean {
  return pattern?.shape.kind === 'absent' && now < due + ARRIVAL_MS;
}

/**
 * For how long nobody watched for what is to stay away: since what is recorded of the last session,
 * or of this one before it met trouble, and while the wall clock went on alone, since the machine
 * slept. Times are engine time.
 */
export class Watch {
  readonly #clock: Clock;
  #recorded: number | undefined;
  /** Up to here it is told whether somebody watched. */
  #told: number | undefined;
  #unwatchedMs = 0;
  /** Since when somebody watches without a break. */
  #since: number | undefined;
  /** How far the wall clock was ahead of the monotonic one when this looked last. */
  #ahead: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#ahead = clock.now() - clock.monotonic();
  }

  /** Until when somebody watched, as it is recorded; undefined where nobody had anything to. */
  get recorded(): number | undefined {
    return this.#recorded;
  }

  /** When it is to be recorded again. */
  get nextMark(): number {
    return (this.#recorded ?? 0) + MARK_MS;
  }

  /** Milliseconds that nobody watched and that windows were not yet given. */
  get unwatchedMs(): number {
    return this.#unwatchedMs;
  }

  /** For how long nobody watched behind what came then, and finds its window opened only now. */
  unwatchedAfter(received: number): number {
    const since = this.#since ?? received;
    return received < since ? since - received + GRACE_MS : 0;
  }

  /** What is to be recorded: no more than what windows were given the rest of. */
  toRecord({ watched, received }: Pick<Round, 'watched' | 'received'>): number | undefined {
    return watched ?? (this.#unwatchedMs > 0 ? this.#recorded : received);
  }

  /** It is recorded that somebody watched until then. */
  marked(watched: number | undefined): void {
    this.#recorded = watched;
    this.#told = watched;
  }

  /** Somebody watches from now on, and nobody did since it was recorded. */
  begin(now: number): void {
    if (this.#told !== undefined) this.#unwatchedMs += Math.max(0, now - this.#told) + GRACE_MS;
    this.#told = now;
    this.#since = now;
    this.#ahead = this.#clock.now() - this.#clock.monotonic();
  }

  /** Takes note of time that the wall clock went on alone: the machine slept, or it was set. */
  look(): void {
    const ahead = this.#clock.now() - this.#clock.monotonic();
    const drift = ahead - this.#ahead;
    if (drift > DRIFT_MS) this.#unwatchedMs += drift + GRACE_MS;
    this.#ahead = ahead;
  }

  /** All windows have been given the time that nobody watched. */
  madeUp(): void {
    this.#unwatchedMs = 0;
  }
}
