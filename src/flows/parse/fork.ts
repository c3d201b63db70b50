import type { Fork, Step } from '../flow.ts';
import type { Names } from '../names.ts';
import { readCall } from './call.ts';
import { isBranchName } from './choice.ts';
import type { ParseContext } from './context.ts';
import { readEach } from './each.ts';
import type { ForkKind } from './fork-kinds.ts';
import { checkKeys } from './keys.ts';
import { branchRemedy, ownerOf } from './kind.ts';
import { LATER_STEP_KEYS } from './later-keys.ts';
import { readParallel } from './parallel.ts';
import {
  FORK_OPTION_KEYS,
  type ForkOptions,
  OPTION_KEYS,
  readForkOptions,
} from './step-options.ts';
import type { YamlMapping, YamlNode } from './yaml-node.ts';

/** Where a fork stands in its flow. */
export interface ForkPlace {
  readonly kind: ForkKind;
  readonly names: Names;
  /** Whether it depends on a condition: its own, or one around it. */
  readonly conditional: boolean;
}

/** What is particular to a kind of fork, its steps as they are written. */
export interface WrittenFork {
  /** Lists of steps, none of which knows of another. */
  readonly branches: readonly (readonly YamlNode[])[];
  /** The name under which the steps inside find the item that they are for. */
  readonly item?: string | undefined;
  /** The fork with the steps that the branches came to; undefined where anything is wrong. */
  readonly fork: (branches: readonly (readonly Step[])[]) => Fork | undefined;
}

/** Reads what any fork may say of itself; undefined where it is wrong, which is reported. */
export function readHead(
  node: YamlMapping,
  { kind, names }: ForkPlace,
  context: ParseContext,
): ForkOptions | undefined {
  checkForkKeys(node, kind, context);
  return readForkOptions(node, names, context.report);
}

/** Reads a fork but for its steps. Reports all that is wrong with it. */
export function readFork(node: YamlMapping, place: ForkPlace, context: ParseContext): WrittenFork {
  switch (place.kind.kind) {
    case 'parallel':
      return readParallel(node, context.report);
    case 'each':
      return readEach(node, place.names, context);
    case 'call':
      return readCall(node, place, context);
  }
}

/** What only a step with a kind of its own can say: how it is tried. */
const ATTEMPT_KEYS: ReadonlySet<string> = new Set(
  [...OPTION_KEYS, 'verify'].filter((key) => !FORK_OPTION_KEYS.includes(key)),
);

function undoneInside(kind: string): string {
  if (kind === 'call') return 'a called run undoes its own steps: it belongs to these';
  return 'it belongs to the steps inside, which are undone together';
}

function checkForkKeys(
  node: YamlMapping,
  { kind, keys, inside }: ForkKind,
  context: ParseContext,
): void {
  const elsewhere = (key: string): string | undefined => {
    if (isBranchName(key)) return branchRemedy(kind);
    if (key === 'compensate') return undoneInside(kind);
    return ATTEMPT_KEYS.has(key) ? `it belongs to ${inside}` : ownerOf(key, context);
  };
  const known = [kind, ...keys, ...FORK_OPTION_KEYS];
  const what = `a step of kind "${kind}"`;
  checkKeys(node, { what, known, later: LATER_STEP_KEYS, elsewhere }, context.report);
}
