// @ts-check
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export const USAGE = `Measures what the README claims; docs/reference/performance.md explains it.

  npm run bench -- [options]

  --rows 1,2,disk  only these rows: 1 2 3 4 5 8 9 10 11 12 13 disk waits windows gates
  --peers          also the peers of bench/peers, as far as they are installed
  --install        installs them first, with "npm ci" in bench/peers
  --large          a log of 10 million records instead of 1 million: takes minutes
  --rounds N       how often each trial is made, interleaved with the others (default 3)
  --quick          a tenth of the work, once: whether all runs, not how fast
  --json           one JSON document
  --directory DIR  where the data is written (default .scratch); its disk is what is measured
  --dist DIR       another build to measure`;

/**
 * @typedef {{
 *   rows: string[] | undefined;
 *   peers: boolean;
 *   install: boolean;
 *   large: boolean;
 *   rounds: number;
 *   quick: boolean;
 *   json: boolean;
 *   help: boolean;
 *   directory: string;
 *   dist: string;
 * }} Options
 */

const boolean = /** @type {const} */ ({ type: 'boolean', default: false });
const string = /** @type {const} */ ({ type: 'string' });

/**
 * The options of a command line.
 *
 * @param {string[]} args
 * @returns {Options}
 * @throws {Error} naming what is wrong
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      peers: boolean,
      install: boolean,
      large: boolean,
      quick: boolean,
      json: boolean,
      help: boolean,
      rows: string,
      rounds: string,
      directory: string,
      dist: string,
    },
  });
  const { rows, rounds = '3', directory = join(root, '.scratch') } = values;
  if (!/^[1-9]\d?$/.test(rounds)) throw new Error(`"--rounds ${rounds}" is no number up to 99.`);
  return {
    ...values,
    rows: rows?.split(','),
    rounds: values.quick ? 1 : Number(rounds),
    directory: resolve(directory),
    dist: resolve(values.dist ?? join(root, 'dist')),
  };
}
