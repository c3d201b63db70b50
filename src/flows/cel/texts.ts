import {
  type CelEnv,
  type CelFunc,
  type CelList,
  celMethod,
  CelScalar,
  listType,
} from '@bufbuild/cel';
import { type Budget, valueOrThrow } from './budget.ts';

const { BOOL, DYN, INT, STRING } = CelScalar;
const LIST = listType(DYN);

/**
 * The functions on texts that CEL's extension has without a bound: its `replace` takes quadratic
 * time (four minutes for ten thousand characters), `replace` and `join` make texts of any size, and
 * a pattern of a few characters may stand for a thousand states.
 */
export function textFunctions(base: CelEnv, budget: Budget): CelFunc[] {
  return [
    celMethod('replace', STRING, [STRING, STRING], STRING, function replaceAll(from, to) {
      return replace(this, { from, to, limit: Number.POSITIVE_INFINITY }, budget);
    }),
    celMethod(
      'replace',
      STRING,
      [STRING, STRING, INT],
      STRING,
      function replaceSome(from, to, most) {
        const limit = most < 0n ? Number.POSITIVE_INFINITY : Number(most);
        return replace(this, { from, to, limit }, budget);
      },
    ),
    celMethod('join', LIST, [], STRING, function join() {
      return joinTexts(this, '', budget);
    }),
    celMethod('join', LIST, [STRING], STRING, function joinBy(separator) {
      return joinTexts(this, separator, budget);
    }),
    ...[...base.funcs].filter(({ name }) => name === 'matches').map((func) => search(func, budget)),
  ];
}

function search(func: CelFunc, budget: Budget): CelFunc {
  return celMethod('matches', STRING, [STRING], BOOL, function matches(pattern) {
    budget.chargeMatch(this, pattern);
    return valueOrThrow(func.call(0, this, [pattern])) === true;
  });
}

interface Replacement {
  readonly from: string;
  readonly to: string;
  readonly limit: number;
}

function replace(text: string, { from, to, limit }: Replacement, budget: Budget): string {
  if (from === '') throw new Error('replace() needs a text to look for, and this one is empty');
  budget.chargeText(text.length);
  const pieces = text.split(from);
  const count = Math.min(limit, pieces.length - 1);
  budget.chargeText(text.length + count * (to.length - from.length));
  const replaced = pieces.slice(0, count + 1).join(to);
  return [replaced, ...pieces.slice(count + 1)].join(from);
}

function joinTexts(list: CelList, separator: string, budget: Budget): string {
  const texts: string[] = [];
  for (const item of list) {
    if (typeof item !== 'string') {
      throw new Error('join() takes a list of texts; convert others by map(x, string(x))');
    }
    budget.chargeText(item.length + separator.length);
    texts.push(item);
  }
  return texts.join(separator);
}
