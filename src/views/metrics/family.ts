/** What tells the series of one family apart. Values come from the catalog, never from events. */
export type Labels = { readonly [name: string]: string };

/** One number of a family. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/** How often something took up to so long, as one series of a histogram. */
export interface Distribution {
  readonly labels?: Labels;
  /** The upper bounds of the buckets, ascending; what is above them counts all the same. */
  readonly bounds: readonly number[];
  /** How many observations each bucket has, and one more for those above all bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** A metric with its series, as it is at one instant. A counter's name ends in `_total`. */
export type Family =
  | (Named & { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] })
  | (Named & { readonly type: 'histogram'; readonly samples: readonly Distribution[] });

interface Named {
  readonly name: string;
  /** One sentence. */
  readonly help: string;
}

/** A gauge of one series. */
export function gauge(name: string, help: string, value: number): Family {
  return { name, help, type: 'gauge', samples: [{ value }] };
}

/** A counter whose series differ in one label. */
export function counterBy(
  [name, label]: readonly [name: string, label: string],
  help: string,
  counts: Iterable<readonly [string, number]>,
): Family {
  const samples = Array.from(counts, ([key, value]) => ({ labels: { [label]: key }, value }));
  return { name, help, type: 'counter', samples };
}
