import { describeAgainstModel } from '../../store/conformance/against-model.ts';
import { describeAppend } from '../../store/conformance/append.ts';
import { describeBranches } from '../../store/conformance/branches.ts';
import { describeCheckpoints } from '../../store/conformance/checkpoints.ts';
import { describeCursors } from '../../store/conformance/cursors.ts';
import { describeDedupe } from '../../store/conformance/dedupe.ts';
import type { DurableStore, StoreFixture } from '../../store/conformance/fixture.ts';
import { describeLanes } from '../../store/conformance/lanes.ts';
import { describeLeases } from '../../store/conformance/leases.ts';
import { describeEntities } from '../../store/conformance/entities.ts';
import { describeLetters } from '../../store/conformance/letters.ts';
import { describePayloads } from '../../store/conformance/payloads.ts';
import { describeRead } from '../../store/conformance/read.ts';
import { describeRows } from '../../store/conformance/rows.ts';
import { describeSessions } from '../../store/conformance/sessions.ts';
import { describeWindows } from '../../store/conformance/windows.ts';
import { MemoryLog } from './memory-log.ts';

const NAME = 'the log of lists and maps';
const ROUNDS = 40;

const fixture: StoreFixture<DurableStore> = {
  async open() {
    const log = new MemoryLog();
    const store = log.open();
    return {
      store,
      another: undefined,
      reopen: async () => log.open(),
      close: () => store.close(),
    };
  },
};

// What the simulations believe of a store is what every store promises.
describeAppend(NAME, fixture);
describeDedupe(NAME, fixture);
describePayloads(NAME, fixture);
describeRead(NAME, fixture);
describeRows(NAME, fixture);
describeLeases(NAME, fixture);
describeLanes(NAME, fixture);
describeBranches(NAME, fixture);
describeEntities(NAME, fixture);
describeLetters(NAME, fixture);
describeWindows(NAME, fixture);
describeCheckpoints(NAME, fixture);
describeCursors(NAME, fixture);
describeSessions(NAME, fixture);
describeAgainstModel(NAME, fixture, ROUNDS);
