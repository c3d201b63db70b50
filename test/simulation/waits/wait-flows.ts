import type { Catalog, SourceFile } from '../../../src/flows/catalog.ts';
import type { ActionStep, Flow, Step } from '../../../src/flows/flow.ts';
import type { Template } from '../../../src/flows/template.ts';
import { parallelOf, stepOf } from '../../runs/pieces.ts';

const key: Template = {
  kind: 'template',
  text: '{payload.k}',
  render: (scope) => (scope.get('payload') as { readonly k: string }).k,
};

function wait(id: string, more: object = {}, fields: Partial<ActionStep> = {}): ActionStep {
  const input = { wait: { event: 'signal', match: { k: key }, ...more } };
  return stepOf({ id, kind: 'wait', input: input as ActionStep['input'], ...fields });
}

function sleep(id: string): ActionStep {
  return stepOf({ id, kind: 'sleep', input: { sleep: { for: '700ms' } } });
}

/** Each is begun by the event `go.NAME`, and waits for `signal` with its event's `k`. */
const STEPS: Readonly<Record<string, readonly Step[]>> = {
  plain: [wait('one')],
  late: [sleep('rest'), wait('one')],
  twice: [wait('one'), sleep('rest'), wait('two')],
  branches: [parallelOf('fork', wait('one'), wait('two')), wait('three')],
  timed: [wait('one', { timeout: '900ms' }, { onError: 'continue' }), wait('two')],
  residue: [wait('one', { where: 'payload.n % 2 == 0' }), wait('two')],
};

export const FLOWS: readonly string[] = Object.keys(STEPS);

/** The catalog of all of them. */
export function waitCatalog(files: readonly SourceFile[]): Catalog {
  const flows = Object.entries(STEPS).map(([name, steps]): [string, Flow] => [
    name,
    { name, steps, triggers: [{ pattern: { event: `go.${name}` } }] },
  ]);
  return { hash: 'waits', files, flows: new Map(flows) };
}
