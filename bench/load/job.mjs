// @ts-check

/**
 * What every subject is given to do: about 420 bytes of JSON, like a push of a small commit.
 *
 * @typedef {{
 *   n: number;
 *   ref: string;
 *   files: string[];
 *   author: { name: string; email: string };
 *   bot: boolean;
 *   pad: string;
 * }} Job
 */

const PAD = 'x'.repeat(270);

/**
 * @param {number} n
 * @returns {Job}
 */
export function makeJob(n) {
  const files = ['src/a.ts', 'src/b.ts', 'README.md'];
  const author = { name: 'Ada', email: 'ada@example.org' };
  return { n, ref: 'refs/heads/main', files, author, bot: false, pad: PAD };
}

/**
 * A payload of 500 bytes of JSON.
 *
 * @param {number} n
 */
export function makePayload(n) {
  const text = JSON.stringify(makeJob(n));
  return `${text.slice(0, -2)}${'x'.repeat(Math.max(0, 500 - text.length))}"}`;
}
