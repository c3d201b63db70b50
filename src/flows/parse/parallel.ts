import type { WrittenFork } from './fork.ts';
import type { Report } from './report.ts';
import { placeAt, valueOf, type YamlMapping } from './yaml-node.ts';

/** How many branches a `parallel` may have. */
const BRANCHES_MAX = 100;

/** Reads `parallel: [steps]`. Reports what is wrong with it. */
export function readParallel(node: YamlMapping, report: Report): WrittenFork {
  const written = valueOf(node, 'parallel');
  const steps = written?.kind === 'list' ? written.items : [];
  if (steps.length === 0 || steps.length > BRANCHES_MAX) {
    const example = 'as in "parallel: [ { emit: a }, { emit: b } ]"';
    const message = `"parallel" is a list of 1 to ${BRANCHES_MAX} steps, ${example}`;
    report({ at: placeAt(node, ['parallel']), code: 'config.invalid', message });
  }
  return {
    branches: steps.slice(0, BRANCHES_MAX).map((step) => [step]),
    fork: (branches) => {
      const branchSteps = branches.flat();
      return branchSteps.length === 0 ? undefined : { kind: 'parallel', steps: branchSteps };
    },
  };
}
