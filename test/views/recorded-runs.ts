import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { deciderNamed, OWNER_NAME } from '../../src/gates/decide.ts';
import type { DecisionWord } from '../../src/gates/proposal.ts';
import type { Answers } from '../../src/signalbox/testing/answers.ts';
import { type Testbox, testbox } from '../../src/signalbox/testing/testbox.ts';
import type { Json } from '../../src/std/json.ts';
import { seqOf } from '../../src/views/log-reader.ts';
import { readProposals } from '../../src/views/proposal-view.ts';
import {
  type RecordedReplay,
  type ReplayedRun,
  replayRecorded,
} from '../../src/views/recorded-replay.ts';
import { configurationFolder } from '../fixtures/choreography-box.ts';

/** A log of runs by one configuration, whose files may then be changed and put in force. */
export interface RecordedRuns {
  readonly test: Testbox;
  /** Records an event, lets all that comes of it happen that needs no time, tells its number. */
  emit(type: string, data?: Json): Promise<number>;
  /** Answers the open proposal of a flow as the owner. */
  decide(flow: string, decision: DecisionWord): Promise<void>;
  /** Puts another text of the configuration in force. */
  edit(text: string): Promise<void>;
  replay(seq: number): Promise<RecordedReplay>;
  /** What is said of the one flow that the event concerns. */
  one(seq: number): Promise<ReplayedRun>;
}

/** Opens it under virtual time, gone when the test ends. */
export async function recordedRuns(text: string, answers: Answers = {}): Promise<RecordedRuns> {
  const folder = configurationFolder({ 'signalbox.yaml': text });
  const file = join(folder, 'signalbox.yaml');
  const env = { TOKEN: 'a-very-secret-token' };
  const test = await testbox({ config: file, answers, env });
  onTestFinished(() => test.stop());
  const { engine } = test;
  const replay = (seq: number): Promise<RecordedReplay> =>
    replayRecorded(engine, { seq }, { secrets: engine.configuration.secrets });
  return {
    test,
    replay,
    async emit(type, data) {
      const { id } = await test.emit(type, data);
      return seqOf(engine.store.identity, id) ?? 0;
    },
    async decide(flow, decision) {
      const { items } = await readProposals(engine.store, { limit: 100, state: 'open' });
      const open = items.find((each) => each.flow === flow);
      if (open === undefined) throw new Error(`nothing is proposed by ${flow}`);
      const by = deciderNamed(OWNER_NAME, { by: OWNER_NAME }, engine.identity.people);
      const saying = { decision, hash: open.hash, reason: 'so' };
      const said = engine.deciding.decide(seqOf(engine.store.identity, open.id) ?? 0, saying, by);
      await test.advance('0ms');
      const { kind } = await said;
      if (kind !== 'decided') throw new Error(`it was ${kind}`);
    },
    async edit(changed) {
      writeFileSync(file, changed);
      const reloading = engine.reload({ actor: 'tests' });
      const result = await reloading;
      if (!result.ok) throw new Error(JSON.stringify(result.findings));
    },
    async one(seq) {
      const { flows } = await replay(seq);
      const [only] = flows;
      if (only === undefined || flows.length > 1) throw new Error(JSON.stringify(flows));
      return only;
    },
  };
}
