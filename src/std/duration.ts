const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const SHORT = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/;
const ISO = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?()$/;

/**
 * Reads a duration such as `90s`, `1h30m`, `250ms` or `PT5M` as milliseconds.
 *
 * Returns undefined for anything else: a bare number has no unit, and a negative one no meaning.
 */
export function parseDuration(text: string): number | undefined {
  const parts = SHORT.exec(text) ?? ISO.exec(text);
  if (parts === null || parts.slice(1).every((part) => part === undefined || part === '')) {
    return undefined;
  }
  const [weeks, days, hours, minutes, seconds, milliseconds] = parts.slice(1).map((part) => Number(part ?? 0));
  const total =
    (weeks ?? 0) * UNIT_MS.w +
    (days ?? 0) * UNIT_MS.d +
    (hours ?? 0) * UNIT_MS.h +
    (minutes ?? 0) * UNIT_MS.m +
    (seconds ?? 0) * UNIT_MS.s +
    (milliseconds ?? 0);
  return Number.isSafeInteger(Math.round(total)) ? Math.round(total) : undefined;
}

/** Shows milliseconds as a person would say them: `340 ms`, `12.5 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < UNIT_MS.m) return `${Math.round(ms / 100) / 10} s`;
  if (ms < UNIT_MS.h) return pair(ms, UNIT_MS.m, 'min', UNIT_MS.s, 's');
  if (ms < UNIT_MS.d) return pair(ms, UNIT_MS.h, 'h', UNIT_MS.m, 'min');
  return pair(ms, UNIT_MS.d, 'd', UNIT_MS.h, 'h');
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms % large) / small);
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`;
}
