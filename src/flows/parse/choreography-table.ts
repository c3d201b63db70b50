import { deepFreeze } from '../../std/deep-freeze.ts';
import type { Choreography } from '../choreography.ts';
import type { ReadPart } from './chain.ts';
import { type ChoreographyContext, parseChoreography } from './choreography.ts';
import type { FlowTable } from './flow-table.ts';
import type { Report } from './report.ts';

/** A file that is a choreography's. */
type ChoreographyFile = Required<Pick<ReadPart, 'report' | 'place'>> & {
  readonly mapping: NonNullable<ReadPart['mapping']>;
};

/** Where the name of a choreography stands. */
interface NamePlace {
  readonly at: number;
  readonly report: Report;
  readonly place: string;
}

/** The choreographies of all files by name. Their rules become flows of the table. */
export class ChoreographyTable {
  readonly all = new Map<string, Choreography>();
  readonly #flows: FlowTable;
  readonly #places = new Map<string, NamePlace>();

  constructor(flows: FlowTable) {
    this.#flows = flows;
  }

  /** Reads the choreography that a file is. Reports all that is wrong with it. */
  add(file: ChoreographyFile, context: Omit<ChoreographyContext, 'report'>): void {
    const { mapping, report, place } = file;
    const read = parseChoreography(mapping, { ...context, report });
    if (read === undefined) return;
    const { choreography, at, rules } = read;
    const { name } = choreography;
    const first = this.#places.get(name);
    if (first !== undefined) {
      const message = `"${name}" is already defined at ${first.place}; rename one of the two`;
      report({ at, code: 'config.duplicate', message });
      return;
    }
    this.#places.set(name, { at, report, place: place(at) });
    this.all.set(name, deepFreeze(choreography));
    for (const { written, rule } of rules) {
      const flow = { ...context, report, flow: written.name };
      this.#flows.add(written, flow, () => place(written.at), rule);
    }
  }

  /** Reports choreographies that have the name of a flow: `trigger NAME` could mean either. */
  reportNames(): void {
    for (const [name, { at, report }] of this.#places) {
      if (!this.#flows.has(name)) continue;
      const message = `there is a flow "${name}" too; rename one of the two`;
      report({ at, code: 'config.duplicate', message });
    }
  }
}
