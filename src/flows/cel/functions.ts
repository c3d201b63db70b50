import {
  celEnv,
  type CelEnv,
  type CelFunc,
  celFunc,
  type CelList,
  celList,
  CelScalar,
  type CelValue,
  isCelList,
  isCelMap,
  listType,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { parseSubpath } from '../path.ts';
import { type Budget, metered } from './budget.ts';
import { textFunctions } from './texts.ts';
import { EXPRESSION_LIST_MAX, tooLong } from './value.ts';

/** What each list that is looped over passes through: the guard puts it there. */
export const RANGE = '@range';
/** What the loops of `map` and `filter` collect with: the guard puts it in the place of `+`. */
export const COLLECT = '@collect';

const { DOUBLE, DYN, INT, STRING } = CelScalar;
const LIST = listType(DYN);

/** CEL's own functions and its extension for texts, bounded by the budget, and ours beside them. */
export function environment(budget: Budget): CelEnv {
  const base = celEnv({ funcs: strings });
  return celEnv({
    funcs: [
      ...strings,
      ...[...base.funcs].filter(isGrowing).map((func) => metered(func, budget)),
      ...textFunctions(base, budget),
      ...listFunctions(budget),
      ...ARITHMETIC,
      celFunc('get', [DYN, STRING, DYN], DYN, (value, path, fallback) => {
        budget.chargeText(path.length * PATH_FACTOR);
        return getPath(value, path, fallback);
      }),
    ],
  });
}

/** What it costs to read a path, in characters that are only looked at. */
const PATH_FACTOR = 16;

/** Whether the function's time grows with its arguments. */
function isGrowing({ name, target, arguments: parameters }: CelFunc): boolean {
  if (name === '_==_' || name === '_!=_') return true;
  if (name === '@in') return parameters[1]?.name === 'list';
  const types = parameters.map((type) => type.name);
  return [target?.name, ...types].some((type) => type === 'string' || type === 'bytes');
}

/** JSON knows one kind of number: `payload.price * 2` works for 1.5 as it does for 1. */
const ARITHMETIC: readonly CelFunc[] = Object.entries({
  '_+_': (left: number, right: number) => left + right,
  '_-_': (left: number, right: number) => left - right,
  '_*_': (left: number, right: number) => left * right,
  '_/_': (left: number, right: number) => left / right,
}).flatMap(([name, calculate]) => [
  celFunc(name, [INT, DOUBLE], DOUBLE, (left, right) => calculate(Number(left), right)),
  celFunc(name, [DOUBLE, INT], DOUBLE, (left, right) => calculate(left, Number(right))),
]);

/**
 * `get(event, "data.items[0].id", "none")`: the value at a path, or the default where one is
 * missing.
 */
function getPath(value: CelValue, path: string, fallback: CelValue): CelValue {
  const segments = parseSubpath(path);
  if (segments === undefined) throw new Error(`get() takes a path such as "a.b[0]", not "${path}"`);
  let found: CelValue | undefined = value;
  for (const segment of segments) {
    if (isCelMap(found)) found = found.get(segment);
    else if (isCelList(found) && typeof segment === 'number') found = found.get(segment);
    else return fallback;
  }
  return found === undefined ? fallback : found;
}

function listFunctions(budget: Budget): CelFunc[] {
  return [
    celFunc(RANGE, [DYN], DYN, (range) => {
      if (isCelList(range) || isCelMap(range)) {
        if (range.size > EXPRESSION_LIST_MAX) throw tooLong(range.size);
        budget.charge(range.size);
      }
      return range;
    }),
    celFunc(COLLECT, [LIST, LIST], LIST, collector()),
  ];
}

/**
 * Adds to the list that a loop collects. CEL's own `+` would nest one list in another at each turn,
 * until reading the last of them overflows the stack; each list here has one owner, so it may grow.
 */
function collector(): (collected: CelList, added: CelList) => CelList {
  const growing = new WeakMap<CelList, CelValue[]>();
  return (collected, added) => {
    const known = growing.get(collected);
    if (known !== undefined) {
      known.push(...added);
      return collected;
    }
    const values = [...collected, ...added];
    const list = celList(values);
    growing.set(list, values);
    return list;
  };
}
