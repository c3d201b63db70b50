import { SignalboxError } from '../std/errors.ts';
import type { RunRow } from '../store/contract.ts';
import type { FindFlow } from './flow-finder.ts';
import type { Target } from './move-rules.ts';
import { type Refusal, refuse } from './refusal.ts';

/** Who knows the catalogs. */
interface Known {
  readonly findFlow: FindFlow;
  readonly catalogNamed?: ((start: string | undefined) => string | undefined) | undefined;
}

/** The definition of a run's flow in the catalog that somebody names; the one in force for none. */
export async function targetOf(
  { flow: name }: Pick<RunRow, 'flow'>,
  named: string | undefined,
  { findFlow, catalogNamed = (start) => start }: Known,
): Promise<Target | Refusal> {
  const catalog = catalogNamed(named);
  const what = named === undefined ? 'catalog in force' : `one catalog "${named}"`;
  if (catalog === undefined) return refuse('catalog.unknown', `There is no ${what}.`);
  try {
    const flow = await findFlow(catalog, name);
    if (flow !== undefined) return { catalog, flow };
  } catch (error) {
    if (error instanceof SignalboxError && error.code.startsWith('catalog.')) {
      return refuse(error.code, error.message);
    }
    throw error;
  }
  const remedy = 'move the run to one that has it, or cancel the run';
  return refuse('run.flow_absent', `Catalog ${catalog} has no flow "${name}"; ${remedy}.`);
}
