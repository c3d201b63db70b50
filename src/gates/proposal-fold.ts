import type { EntityFold } from '../store/entity.ts';
import { columnsOf, decodeProposal, evolveProposal, opened, proposalOf } from './proposal.ts';

/** How the rows of proposals are made of the log. */
export const proposalFold: EntityFold = {
  kind: 'proposal',
  fold(before, record) {
    const event = decodeProposal(record);
    const { received } = record;
    if (event?.type === 'proposal.opened') {
      // The run is the cause of its proposal; where none asks, there is none.
      const run = event.run === null ? null : record.causation;
      return columnsOf(opened(event), { run, received });
    }
    if (event === undefined || before === undefined) return undefined;
    const { run } = before;
    return columnsOf(evolveProposal(proposalOf(before), event), { run, received });
  },
};
