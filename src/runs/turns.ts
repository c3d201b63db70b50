import { Heap } from '../std/heap.ts';

/** How long a flow waits before it counts as one priority higher. */
export const AGEING_MS = 60_000;

/** A flow's share of the slots, and its claim to the next one. */
export interface Share {
  readonly flow: string;
  /** The project of the flow; '' where it has none: such flows are one project together. */
  project: string;
  priority: number;
  /** The slots that its runs hold. */
  running: number;
  /** When it was served last, counted in turns. */
  served: number;
  /** Since when the run waits that is its next, in engine time. */
  since: number;
  /** The priority that it has by waiting. */
  level: number;
}

/** What the flows of a project hold together. */
interface Project<T> {
  readonly name: string;
  running: number;
  served: number;
  /** Its flows that wait, by the priority that they have reached. */
  readonly parties: Map<number, Party<T>>;
}

/** The flows of one project that wait with the same priority. */
interface Party<T> {
  readonly project: Project<T>;
  readonly shares: Heap<T>;
}

/**
 * Whose turn it is among the flows that wait for a slot: the highest priority first, at the same
 * priority a flow of the project that holds fewest slots, then of the one that was served longest
 * ago; and of its flows by the same rule.
 *
 * A flow counts as one priority higher for each `AGEING_MS` that it waits, up to the highest that
 * waits: so none waits for ever, and none is lifted above those whom its user put first.
 */
export class Turns<T extends Share> {
  /** Those that wait, by the priority that they have reached. */
  readonly #levels = new Map<number, Heap<Party<T>>>();
  /** Each that ever had a flow: who was served is remembered as that of flows is. */
  readonly #projects = new Map<string, Project<T>>();
  readonly #byPriority = new Heap<T>((a, b) => a.priority > b.priority);
  /** When the next one is lifted. */
  readonly #lifts = new Heap<T>((a, b) => liftOf(a) < liftOf(b));
  /** The highest priority that ever waited: no one is lifted above it. */
  #ceiling = Number.NEGATIVE_INFINITY;
  #turn = 0;

  get isEmpty(): boolean {
    return this.#byPriority.size === 0;
  }

  /** The flow waits, or goes on waiting with other claims than before. */
  put(share: T, now: number): void {
    this.delete(share);
    if (share.priority > this.#ceiling) this.#raiseCeiling(share.priority, now);
    this.#byPriority.put(share);
    this.#place(share, now);
  }

  /** The flow waits no longer. */
  delete(share: T): void {
    if (!this.#byPriority.delete(share)) return;
    this.#lifts.delete(share);
    this.#leave(share);
  }

  /** Whose turn it is; undefined where nobody waits. */
  next(now: number): T | undefined {
    this.#lift(now);
    const highest = this.#byPriority.first?.priority;
    if (highest === undefined) return undefined;
    let best: { readonly project: Project<T>; readonly share: T } | undefined;
    for (const [level, { first: party }] of this.#levels) {
      const share = level < highest ? undefined : party?.shares.first;
      if (party === undefined || share === undefined) continue;
      const { project } = party;
      const isFirst =
        best === undefined ||
        (best.project === project ? goesFirst(share, best.share) : isBefore(project, best.project));
      if (isFirst) best = { project, share };
    }
    return best?.share;
  }

  /** The flow has been given a slot. */
  serve(share: T): void {
    const project = this.#projectOf(share);
    project.served = share.served = ++this.#turn;
    this.#reorder(project, share);
  }

  /** The flow holds so many slots more, or fewer. */
  occupy(share: T, slots: number): void {
    const project = this.#projectOf(share);
    share.running += slots;
    project.running += slots;
    this.#reorder(project, share);
  }

  /** Counts what a flow holds that does not wait: it is of its project from now on. */
  join(share: T): void {
    this.#projectOf(share).running += share.running;
  }

  /** Counts it no longer. */
  part(share: T): void {
    this.#projectOf(share).running -= share.running;
  }

  /** Finds places anew after what a flow and its project are ordered by has changed. */
  #reorder(project: Project<T>, share: T): void {
    if (this.#byPriority.has(share)) project.parties.get(share.level)?.shares.put(share);
    for (const [level, party] of project.parties) this.#levels.get(level)?.put(party);
  }

  /** Each flow is lifted once in `AGEING_MS`, and not at all at the top. */
  #lift(now: number): void {
    for (;;) {
      const { first } = this.#lifts;
      if (first === undefined || liftOf(first) > now) return;
      this.delete(first);
      this.#byPriority.put(first);
      this.#place(first, now);
    }
  }

  #place(share: T, now: number): void {
    const steps = Math.max(0, Math.floor((now - share.since) / AGEING_MS));
    share.level = Math.min(this.#ceiling, share.priority + steps);
    this.#enter(share);
    if (share.level < this.#ceiling) this.#lifts.put(share);
  }

  #enter(share: T): void {
    const { level } = share;
    const project = this.#projectOf(share);
    const known = project.parties.get(level);
    if (known !== undefined) return known.shares.put(share);
    const party: Party<T> = { project, shares: new Heap<T>(goesFirst) };
    party.shares.put(share);
    project.parties.set(level, party);
    let parties = this.#levels.get(level);
    if (parties === undefined) {
      parties = new Heap<Party<T>>((one, other) => isBefore(one.project, other.project));
      this.#levels.set(level, parties);
    }
    parties.put(party);
  }

  #leave(share: T): void {
    const { level } = share;
    const { parties } = this.#projectOf(share);
    const party = parties.get(level);
    party?.shares.delete(share);
    if (party === undefined || party.shares.size > 0) return;
    parties.delete(level);
    const waiting = this.#levels.get(level);
    waiting?.delete(party);
    if (waiting?.size === 0) this.#levels.delete(level);
  }

  #projectOf({ project: name }: T): Project<T> {
    let project = this.#projects.get(name);
    if (project === undefined) {
      project = { name, running: 0, served: 0, parties: new Map() };
      this.#projects.set(name, project);
    }
    return project;
  }

  /** Happens at most once for each priority that there is. */
  #raiseCeiling(priority: number, now: number): void {
    const waiting = [...this.#byPriority];
    this.#ceiling = priority;
    for (const share of waiting) {
      this.delete(share);
      this.#byPriority.put(share);
      this.#place(share, now);
    }
  }
}

function liftOf({ since, level, priority }: Share): number {
  return since + (level - priority + 1) * AGEING_MS;
}

/** Whose turn is first, of two projects. */
function isBefore<T>(a: Project<T>, b: Project<T>): boolean {
  if (a.running !== b.running) return a.running < b.running;
  return a.served === b.served ? a.name < b.name : a.served < b.served;
}

function goesFirst(a: Share, b: Share): boolean {
  if (a.running !== b.running) return a.running < b.running;
  if (a.served !== b.served) return a.served < b.served;
  return a.since === b.since ? a.flow < b.flow : a.since < b.since;
}
