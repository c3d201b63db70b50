/** `Mon 2026-11-30 09:00:00`: what a clock of that zone shows. */
export function formatInZone(iso: string, timeZone: string): string {
  const date = new Date(iso);
  const day = new Intl.DateTimeFormat('en', { timeZone, weekday: 'short' }).format(date);
  // Sweden writes a time as ISO 8601 does.
  const format = { timeZone, dateStyle: 'short', timeStyle: 'medium' } as const;
  return `${day} ${new Intl.DateTimeFormat('sv-SE', format).format(date)}`;
}
