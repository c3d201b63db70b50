import type { Observation } from '../flows/observation.ts';

/** What a condition saw, as the end of a sentence: `: payload.n = 1, payload.x has no value`. */
export function valuesText(values: readonly Observation[]): string {
  if (values.length === 0) return '';
  const saw = values.map(({ path, value }) =>
    value === null ? `${path} has no value` : `${path} = ${value}`,
  );
  return `: ${saw.join(', ')}`;
}
