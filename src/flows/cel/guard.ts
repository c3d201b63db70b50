import type { CelEnv, parse } from '@bufbuild/cel';
import { suggestion } from '../../std/diagnostics.ts';
import { parseSubpath, type Path } from '../path.ts';
import { COLLECT, RANGE } from './functions.ts';

type Expr = ReturnType<typeof parse>['expr'];
type Comprehension = Extract<Expr['exprKind'], { case: 'comprehensionExpr' }>['value'];
type Struct = Extract<Expr['exprKind'], { case: 'structExpr' }>['value'];
type Call = Extract<Expr['exprKind'], { case: 'callExpr' }>['value'];

/** How deep loops (`all`, `exists`, `map`, `filter`) may stand within one another. */
export const LOOP_DEPTH_MAX = 2;
/** How deep an expression may nest otherwise. */
export const EXPRESSION_DEPTH_MAX = 100;

const TOO_DEEP = `it nests deeper than ${EXPRESSION_DEPTH_MAX} levels; split it`;

/** What the guard found in an expression. */
export interface Inspection {
  /** What the expression mentions: top-level names, each with the fields that are written out. */
  readonly paths: readonly Path[];
  /** Where its values come from: these paths, and below them what `get()` is asked for. */
  readonly reads: readonly Path[];
  /** The bare words that it compares with something: where nothing defines one, it is a text. */
  readonly compared: ReadonlySet<string>;
  /** What no evaluation could make good. */
  readonly problems: readonly string[];
}

/**
 * Walks a parsed expression once: collects what it mentions, refuses what it may not do, and puts
 * `RANGE` and `COLLECT` where loops begin and collect, so that their cost is counted.
 */
export function guard(expression: Expr, env: CelEnv): Inspection {
  const inspector = new Inspector(env);
  inspector.walk(expression, { depth: 0, loops: 0, bound: [] });
  return inspector;
}

interface Place {
  readonly depth: number;
  readonly loops: number;
  /** The names that the loops around define. */
  readonly bound: readonly string[];
}

/** Evaluated by CEL itself, without a function of that name. */
const OPERATORS = new Set(['_&&_', '_||_', '_?_:_', '_[_]', '@not_strictly_false']);
const COMPARISONS = new Set(['_==_', '_!=_', '@in']);
/** Names of types, as in `type(x) == int`. */
const TYPES = new Set('bool bytes double int list map null_type string type uint'.split(' '));
/** What the parser calls the result of a loop so far. */
const ACCUMULATOR = '@result';
const LOOPS = new Set(['all', 'exists', 'exists_one', 'existsOne', 'filter', 'map']);
const MACROS = [...LOOPS, 'has'];

class Inspector implements Inspection {
  readonly paths: Path[] = [];
  readonly reads: Path[] = [];
  readonly compared = new Set<string>();
  readonly problems: string[] = [];
  readonly #env: CelEnv;

  constructor(env: CelEnv) {
    this.#env = env;
  }

  walk(expr: Expr | undefined, place: Place): void {
    if (expr === undefined) return;
    if (place.depth > EXPRESSION_DEPTH_MAX) return this.#refuse(TOO_DEEP);
    const inner = { ...place, depth: place.depth + 1 };
    const path = pathOf(expr);
    if (path !== undefined) return this.#mention(path, place);
    const { exprKind } = expr;
    switch (exprKind.case) {
      case 'selectExpr':
        return this.walk(exprKind.value.operand, inner);
      case 'callExpr':
        return this.#call(exprKind.value, inner);
      case 'listExpr':
        return this.#walkAll(exprKind.value.elements, inner);
      case 'structExpr':
        return this.#struct(exprKind.value, inner);
      case 'comprehensionExpr':
        return this.#loop(exprKind.value, inner);
      default:
        return;
    }
  }

  #walkAll(exprs: readonly Expr[], place: Place): void {
    for (const expr of exprs) this.walk(expr, place);
  }

  #call(call: Call, place: Place): void {
    if (isCollecting(call)) call.function = COLLECT;
    const { function: name, target, args } = call;
    if (COMPARISONS.has(name)) for (const word of wordsOf(args)) this.compared.add(word);
    const qualifier = target === undefined ? undefined : pathOf(target);
    const qualified = `${qualifier?.join('.') ?? ''}.${name}`;
    if (this.#env.funcs.find(qualified) === undefined) {
      this.walk(target, place);
      if (!OPERATORS.has(name) && this.#env.funcs.find(name) === undefined) this.#unknown(name);
    }
    const found = name === 'get' ? lookedUp(args) : undefined;
    if (found === undefined) return this.#walkAll(args, place);
    this.#mention(found.from, place, found.read);
    this.#walkAll(args.slice(1), place);
  }

  #struct({ messageName, entries }: Struct, place: Place): void {
    if (messageName !== '') this.#refuse(`there are no messages such as "${messageName}" here`);
    for (const { keyKind, value } of entries) {
      if (keyKind.case === 'mapKey') this.walk(keyKind.value, place);
      this.walk(value, place);
    }
  }

  #unknown(name: string): void {
    if (LOOPS.has(name)) {
      this.#refuse(`${name}() takes a name and an expression, as in list.${name}(x, x > 0)`);
      return;
    }
    if (name === 'has') {
      this.#refuse('has() takes a field, as in has(payload.version)');
      return;
    }
    const functions = [...this.#env.funcs].map((func) => func.name);
    const known = [...functions.filter((word) => /^\w+$/.test(word)), ...MACROS];
    this.#refuse(`there is no function ${name}()${suggestion(name, known)}`);
  }

  #loop(loop: Comprehension, place: Place): void {
    const { iterRange, iterVar, accuVar } = loop;
    this.walk(iterRange, place);
    const inside = { ...place, loops: place.loops + 1, bound: [...place.bound, iterVar, accuVar] };
    if (inside.loops > LOOP_DEPTH_MAX) {
      this.#refuse(`its loops stand ${inside.loops} deep; at most ${LOOP_DEPTH_MAX} are allowed`);
      return;
    }
    this.walk(loop.loopStep, inside);
    loop.iterRange = iterRange && callOf(RANGE, iterRange);
  }

  #mention(path: Path, { bound }: Place, read = path): void {
    if (path.length > EXPRESSION_DEPTH_MAX) return this.#refuse(TOO_DEEP);
    const [name] = path;
    if (bound.includes(name) || (path.length === 1 && TYPES.has(name))) return;
    this.paths.push(path);
    this.reads.push(read);
  }

  #refuse(problem: string): void {
    if (!this.problems.includes(problem)) this.problems.push(problem);
  }
}

/** The path that an expression is, as `a.b[0]["c"]`; undefined where it is anything else. */
function pathOf(expr: Expr): Path | undefined {
  const segments: (string | number)[] = [];
  for (let node = expr; ;) {
    const { exprKind } = node;
    if (exprKind.case === 'identExpr') return [exprKind.value.name, ...segments.toReversed()];
    const step = segmentOf(exprKind);
    if (step?.operand === undefined) return undefined;
    segments.push(step.segment);
    node = step.operand;
  }
}

/** The operands that are a name and nothing else, those in a list included. */
function wordsOf(operands: readonly Expr[]): string[] {
  return operands.flatMap(({ exprKind }) => {
    if (exprKind.case === 'listExpr') return wordsOf(exprKind.value.elements);
    return exprKind.case === 'identExpr' ? exprKind.value.name : [];
  });
}

function segmentOf(
  kind: Expr['exprKind'],
): { readonly segment: string | number; readonly operand: Expr | undefined } | undefined {
  if (kind.case === 'selectExpr') return { segment: kind.value.field, operand: kind.value.operand };
  if (kind.case !== 'callExpr' || kind.value.function !== '_[_]') return undefined;
  const [operand, index] = kind.value.args;
  if (index?.exprKind.case !== 'constExpr') return undefined;
  const { constantKind } = index.exprKind.value;
  if (constantKind.case === 'stringValue') return { segment: constantKind.value, operand };
  if (constantKind.case === 'int64Value') return { segment: Number(constantKind.value), operand };
  return undefined;
}

/** What `get(a.b, "c.d", …)` looks at, where both are written out. */
function lookedUp([value, subpath]: readonly Expr[]):
  | { readonly from: Path; readonly read: Path }
  | undefined {
  const from = value && pathOf(value);
  const text = subpath?.exprKind.case === 'constExpr' && subpath.exprKind.value.constantKind.value;
  const segments = typeof text === 'string' ? parseSubpath(text) : undefined;
  return from && segments && { from, read: [...from, ...segments] };
}

function callOf(name: string, argument: Expr): Expr {
  return {
    $typeName: 'cel.expr.Expr',
    id: argument.id,
    exprKind: {
      case: 'callExpr',
      value: { $typeName: 'cel.expr.Expr.Call', function: name, args: [argument] },
    },
  };
}

/** Whether a call is the `result + [x]` of a `map` or a `filter`: nobody can write that name. */
function isCollecting({ function: name, args: [collected, added] }: Call): boolean {
  if (name !== '_+_' || collected?.exprKind.case !== 'identExpr') return false;
  return collected.exprKind.value.name === ACCUMULATOR && added?.exprKind.case === 'listExpr';
}
