const UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KiB', 1_024],
  ['MiB', 1_048_576],
  ['GiB', 1_073_741_824],
  ['TiB', 1_099_511_627_776],
]);

/** Shows bytes as a person would say them: `812 B`, `1.4 MiB`. */
export function formatByteSize(bytes: number): string {
  const [unit, size] = [...UNITS].findLast(([, least]) => bytes >= least) ?? ['B', 1];
  return `${Math.round((bytes / size) * 10) / 10} ${unit}`;
}

/** Reads a size such as `512KiB`, `1MiB` or `100B` as bytes; undefined for anything else. */
export function parseByteSize(text: string): number | undefined {
  const [, amount = '', unit = ''] = /^(\d{1,9}) ?([KMGT]iB|B)$/.exec(text) ?? [];
  const bytes = UNITS.get(unit);
  return bytes === undefined ? undefined : Number(amount) * bytes;
}
