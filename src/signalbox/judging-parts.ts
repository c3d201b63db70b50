import { join } from 'node:path';
import type { Definitions } from '../config/definitions.ts';
import { Automation } from '../gates/automation.ts';
import { Reminders } from '../gates/reminders.ts';
import type { Identity } from '../identity/identity.ts';
import type { People } from '../identity/people.ts';
import type { Clock } from '../std/clock.ts';
import { Delegations } from '../gates/delegations.ts';
import { LinkKey } from '../gates/link-key.ts';
import type { PolicyTable } from '../gates/policy-table.ts';
import { Questions } from '../routing/questions.ts';
import { type FailureQuestions, FailureWatcher } from '../gates/failure-watcher.ts';
import { Judges } from '../routing/judges.ts';
import { AutonomyLevels } from '../routing/autonomy-levels.ts';
import type { Catalogs } from '../routing/catalogs.ts';
import type { Deciders } from '../runs/deciding.ts';
import type { Logger } from '../std/logger.ts';
import type { Store } from '../store/contract.ts';
import type { OpenOptions } from './options.ts';
import type { EngineTime } from '../store/engine-time.ts';

/** What says how much happens without a person. */
export interface JudgingParts {
  readonly automation: Automation;
  readonly autonomy: AutonomyLevels;
  readonly failures: FailureWatcher;
  readonly judges: Judges;
  readonly questions: Questions;
  readonly linkKey: LinkKey;
  readonly reminders: Reminders;
  readonly delegations: Delegations;
  /** Who may answer proposals, in their own place or in another's. */
  readonly deciders: Deciders;
}

/** What of it the server and the command line see. */
export type Judging = Pick<JudgingParts, 'questions' | 'linkKey' | 'delegations' | 'judges'>;

interface Stands {
  readonly store: Store;
  readonly time: EngineTime;
  readonly catalogs: Catalogs;
  readonly definitions: Definitions;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly identity: Identity;
}

/** Opens what people have said of autonomy, and hears how runs end. */
export async function openJudgingParts(
  { configuration, dataDirectory, inMemory = false }: OpenOptions,
  stands: Stands,
): Promise<JudgingParts> {
  const { secrets } = configuration;
  const keyFile = inMemory ? undefined : join(dataDirectory, 'links.key');
  const { store, time, catalogs, definitions, logger } = stands;
  const { clock, identity } = stands;
  const automation = await Automation.open({ store, time });
  const autonomy = new AutonomyLevels({
    automation,
    catalogs,
    written: () => definitions.judging.autonomy,
    withdraw: (question) => asking.withdraw(question),
  });
  const table = (): PolicyTable => definitions.judging.gates;
  const judges = new Judges({ autonomy, catalogs, table });
  const questions = new Questions({ store, time, autonomy, table, secrets });
  const limit = (): number => definitions.judging.gates.fall_back_after;
  const asking: FailureQuestions = {
    ask: (failure, count) => questions.askAbout(failure, count),
    withdraw: (question) => questions.withdraw(question, 'the flow goes on by itself'),
    flowOf: (proposal) => questions.flowAskedAbout(proposal),
  };
  const failures = new FailureWatcher({ store, automation, limit, people: asking, logger });
  const linkKey = new LinkKey(keyFile);
  const people = (): People => identity.people;
  const delegations = await Delegations.open({ store, time, people });
  const deciders: Deciders = {
    get people() {
      return identity.people;
    },
    stands: (who) => identity.stands(who),
    standsFor: (who) => delegations.standsFor(who),
  };
  const reminders = new Reminders({ store, time, clock, people, logger });
  return {
    automation,
    autonomy,
    failures,
    judges,
    questions,
    linkKey,
    reminders,
    delegations,
    deciders,
  };
}
