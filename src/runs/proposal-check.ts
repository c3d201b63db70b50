import {
  columnsOf,
  decodeProposal,
  evolveProposal,
  opened,
  type Proposal,
} from '../gates/proposal.ts';
import type { LogRecord, Store } from '../store/contract.ts';
import type { EntityColumns, EntityRow } from '../store/entity.ts';

/** A field of a proposal's row that is not what the log makes of it. */
export interface ProposalDifference {
  readonly proposal: number;
  readonly field: string;
  readonly row: string;
  readonly folded: string;
}

interface Folded {
  readonly proposal: Proposal;
  readonly columns: EntityColumns;
  readonly version: number;
}

const PAGE = 1_000;

/** Folds proposals again, and compares their rows. */
export class ProposalCheck {
  readonly #store: Pick<Store, 'entity' | 'entities'>;
  readonly #report: (found: ProposalDifference) => void;
  readonly #folded = new Map<number, Folded>();

  constructor(
    store: Pick<Store, 'entity' | 'entities'>,
    report: (found: ProposalDifference) => void,
  ) {
    this.#store = store;
    this.#report = report;
  }

  /** Takes in a record; those of anything else are passed over. */
  fold(record: LogRecord): void {
    const event = record.stream === null ? undefined : decodeProposal(record);
    if (event === undefined || record.stream === null) return;
    const { stream, seq: version, received } = record;
    if (event.type === 'proposal.opened') {
      const proposal = opened(event);
      // The run is the cause of its proposal; where none asks, there is none.
      const run = event.run === null ? null : record.causation;
      this.#folded.set(stream, {
        proposal,
        columns: columnsOf(proposal, { run, received }),
        version,
      });
      return;
    }
    const before = this.#folded.get(stream);
    if (before === undefined) return;
    const proposal = evolveProposal(before.proposal, event);
    const { run } = before.columns;
    this.#folded.set(stream, {
      proposal,
      columns: columnsOf(proposal, { run, received }),
      version,
    });
  }

  /** Compares all that was folded, and finds rows that the log knows nothing of. */
  async finish(head: number): Promise<void> {
    for (const [id, folded] of this.#folded)
      this.#compare(id, await this.#store.entity(id), folded);
    for (let before = head + 1; ;) {
      const page = await this.#store.entities({ kind: 'proposal', limit: PAGE, before });
      for (const { id } of page) {
        if (this.#folded.has(id)) continue;
        this.#report({ proposal: id, field: 'id', row: String(id), folded: 'undefined' });
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      before = last.id;
    }
  }

  #compare(id: number, row: EntityRow | undefined, { columns, version }: Folded): void {
    // A row that has moved on since the reading began is newer than the fold, not wrong.
    if (row !== undefined && row.version > version) return;
    const expected: Record<string, unknown> = { ...columns, id, version };
    const found: Record<string, unknown> = { ...row };
    for (const [field, value] of Object.entries(expected)) {
      if (found[field] === value) continue;
      const [shown, folded] = [String(found[field]), String(value)];
      this.#report({ proposal: id, field, row: shown, folded });
    }
  }
}
