const MS = 1;
const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const WEEK = 604_800_000;

/** The units of both forms, in the order of their groups. */
const UNITS = [WEEK, DAY, HOUR, MINUTE, SECOND, MS];
const SHORT = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/;
const ISO = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/**
 * Reads a duration such as `90s`, `1h30m`, `250ms` or `PT5M` as milliseconds.
 *
 * Returns undefined for anything else: a bare number has no unit, and a negative one no meaning.
 */
export function parseDuration(text: string): number | undefined {
  const amounts = (SHORT.exec(text) ?? ISO.exec(text))?.slice(1);
  if (amounts === undefined || amounts.every((amount) => amount === undefined)) return undefined;
  const total = Math.round(
    UNITS.reduce((sum, unit, index) => sum + Number(amounts[index] ?? 0) * unit, 0),
  );
  return Number.isSafeInteger(total) ? total : undefined;
}

/** Shows milliseconds as a person would say them: `340 ms`, `12.5 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < SECOND) return `${Math.floor(ms)} ms`;
  if (ms < MINUTE) return `${Math.floor(ms / 100) / 10} s`;
  if (ms < HOUR) return inTwoUnits(ms, [MINUTE, 'min'], [SECOND, 's']);
  if (ms < DAY) return inTwoUnits(ms, [HOUR, 'h'], [MINUTE, 'min']);
  return inTwoUnits(ms, [DAY, 'd'], [HOUR, 'h']);
}

type NamedUnit = readonly [ms: number, name: string];

function inTwoUnits(ms: number, large: NamedUnit, small: NamedUnit): string {
  const whole = `${Math.floor(ms / large[0])} ${large[1]}`;
  const rest = Math.floor((ms % large[0]) / small[0]);
  return rest === 0 ? whole : `${whole} ${rest} ${small[1]}`;
}
