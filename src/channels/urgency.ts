/** How loud a message is. `critical` is repeated until somebody acknowledges it. */
export type Urgency = 'low' | 'normal' | 'high' | 'critical';

export const URGENCIES: readonly Urgency[] = ['low', 'normal', 'high', 'critical'];

/** Other words for these: colours of levels, and what the documents call them. */
const WORDS: Readonly<Record<string, Urgency>> = {
  green: 'low',
  medium: 'normal',
  yellow: 'normal',
  warning: 'normal',
  orange: 'high',
  urgent: 'high',
  red: 'critical',
  crisis: 'critical',
  emergency: 'critical',
};

/** The words that are understood. */
export const URGENCY_WORDS: readonly string[] = [...URGENCIES, ...Object.keys(WORDS)];

/** The urgency that a word means, in any case of letters; undefined for no word of ours. */
export function urgencyOf(word: string): Urgency | undefined {
  const small = word.trim().toLowerCase();
  return URGENCIES.find((urgency) => urgency === small) ?? ownWord(small);
}

function ownWord(word: string): Urgency | undefined {
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}
