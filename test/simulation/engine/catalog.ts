import type { Catalog, SourceFile } from '../../../src/flows/catalog.ts';
import type { Condition } from '../../../src/flows/condition.ts';
import type { Flow, Step, Trigger } from '../../../src/flows/flow.ts';
import type { Template } from '../../../src/flows/template.ts';
import {
  type CatalogScript,
  type FlowScript,
  isDone,
  type StepScript,
  type TriggerScript,
} from './script.ts';

/** The files of a scripted catalog, as the log keeps them. */
export function filesOf(script: CatalogScript): readonly SourceFile[] {
  return [{ path: 'flows.json', text: JSON.stringify(script) }];
}

/** What the engine works with, made of what the log kept. */
export function parseCatalog(files: readonly SourceFile[]): Catalog {
  const script = JSON.parse(files[0]?.text ?? '{}') as CatalogScript;
  const flows = new Map(script.flows.map((flow) => [flow.name, flowOf(flow)]));
  return { hash: script.hash, files, flows };
}

function flowOf({ name, on, steps }: FlowScript): Flow {
  return { name, triggers: on.map(triggerOf), steps: steps.map(stepOf) };
}

function triggerOf({ event, source, where }: TriggerScript): Trigger {
  return {
    pattern: { event, source },
    where: where === undefined ? undefined : CONDITIONS[where],
  };
}

/** Whether a scripted condition takes a number; throws where it has no value. */
export function takes(where: TriggerScript['where'], n: unknown): boolean {
  if (where === 'odd') return Number(n) % 2 === 1;
  if (where === 'broken' && Number(n) % 3 === 0) throw new Error(`no value for ${String(n)}`);
  return true;
}

const CONDITIONS: { readonly [name in 'odd' | 'broken']: Condition } = {
  odd: conditionOf('odd'),
  broken: conditionOf('broken'),
};

function conditionOf(where: 'odd' | 'broken'): Condition {
  return {
    text: where,
    test(scope) {
      const payload = scope.get('payload') as { readonly n?: unknown };
      return takes(where, payload.n);
    },
  };
}

function stepOf(script: StepScript): Step {
  const { id, kind, effect, attempts, delayMs, timeoutMs } = script;
  const input = {
    script: JSON.stringify(script),
    output: scoped('output'),
    steps: scoped('steps'),
    n: scoped('payload'),
  };
  return {
    id,
    kind,
    effect,
    timeoutMs,
    input,
    ...(script.guard === undefined ? {} : { guard: guardOf(script) }),
    ...(script.goesOn === true ? { onError: 'continue' } : {}),
    retry: { attempts, delayMs, factor: 2, delayMsMax: 5_000 },
    ...(effect === 'verify' ? { verify: { script: JSON.stringify(script), question: true } } : {}),
  };
}

function guardOf(script: StepScript): Condition {
  return {
    text: script.guard ?? '',
    test(scope) {
      const { n } = scope.get('payload') as { readonly n?: number };
      return isDone(script, n);
    },
  };
}

function scoped(name: string): Template {
  return { kind: 'template', text: `{${name}}`, render: (scope) => scope.get(name) ?? null };
}
