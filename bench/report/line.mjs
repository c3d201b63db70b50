// @ts-check

/**
 * One figure of a row: of whom, how durable, and where it stands beside Signalbox's.
 *
 * @typedef {'/s' | 'ms' | 's' | 'MiB' | 'B' | 'rows' | 'files' | 'x'} Unit
 *
 * @typedef {{ floor: number; goal?: number; less?: boolean }} Target What a release must show, and
 *   what we are out for; `less` where lower is better.
 *
 * @typedef {{
 *   label: string;
 *   durability?: string;
 *   figure: number;
 *   unit: Unit;
 *   ratio?: number;
 *   target?: Target;
 * }} Line
 *   `ratio` is Signalbox's figure divided by this one, or where a row compares Signalbox with
 *   itself, this one divided by the first. A target is one for the ratio where there is one, else
 *   for the figure.
 *
 * @typedef {'met' | 'floor' | 'missed'} Verdict
 */

/**
 * What came of a line's target: the goal met, only the floor, or not even that.
 *
 * @param {Line} line
 * @returns {Verdict | undefined} undefined where it has none
 */
export function verdictOf({ figure, ratio, target }) {
  if (target === undefined) return undefined;
  const { floor, goal = floor, less = false } = target;
  const value = ratio ?? figure;
  const reaches = (/** @type {number} */ bound) => (less ? value <= bound : value >= bound);
  if (reaches(goal)) return 'met';
  return reaches(floor) ? 'floor' : 'missed';
}

/**
 * Signalbox's own line, and one for each other that was measured, with the ratio between them.
 *
 * @param {{
 *   label?: string;
 *   figure: number;
 *   unit: Unit;
 *   target?: Target;
 *   others: readonly (Pick<Line, 'label' | 'durability' | 'target'> & { figure?: number })[];
 * }} comparison
 * @returns {Line[]}
 */
export function compare({ label = 'Signalbox', figure, unit, target, others }) {
  const own = { label, durability: 'FULL', figure, unit };
  const lines = others.flatMap(({ figure: other, ...line }) =>
    other === undefined ? [] : [{ ...line, figure: other, unit, ratio: figure / other }],
  );
  return [target === undefined ? own : { ...own, target }, ...lines];
}
