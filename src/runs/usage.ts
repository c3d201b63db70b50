/** What a model was paid for. Where a provider does not say how much, it counts as nothing. */
export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** In the currency of the model's price; left out where it has none. */
  readonly cost?: number;
  /** The model that was asked last. */
  readonly model?: string;
}

/** Decimals of a cost that are kept: a token costs a millionth of a price. */
const COST_DECIMALS = 8;

/** Both together. A cost that only one of them has is the whole one. */
export function plus(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const cost =
    a.cost === undefined && b.cost === undefined
      ? {}
      : { cost: rounded((a.cost ?? 0) + (b.cost ?? 0)) };
  const { model = a.model } = b;
  return {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    ...cost,
    ...(model === undefined ? {} : { model }),
  };
}

/** A cost without the noise of binary fractions. */
export function rounded(cost: number): number {
  return Number(cost.toFixed(COST_DECIMALS));
}
