const UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KiB', 1_024],
  ['MiB', 1_048_576],
]);

/** Reads a size such as `512KiB`, `1MiB` or `100B` as bytes; undefined for anything else. */
export function parseByteSize(text: string): number | undefined {
  const [, amount = '', unit = ''] = /^(\d{1,9}) ?([KM]iB|B)$/.exec(text) ?? [];
  const bytes = UNITS.get(unit);
  return bytes === undefined ? undefined : Number(amount) * bytes;
}
