import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files take longest, the longest first. */
const LONGEST = ['docs', 'crash', 'store/conformance', 'scenarios', 'seeds', 'examples', 'cli'];

/** Begins with what takes longest, so that no worker is left with it while the others idle. */
export class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((one, other) => rank(one) - rank(other)));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const index = LONGEST.findIndex((folder) => moduleId.includes(`/test/${folder}/`));
  return index < 0 ? LONGEST.length : index;
}
