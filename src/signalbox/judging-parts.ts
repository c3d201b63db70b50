import type { Definitions } from '../config/definitions.ts';
import { Automation } from '../gates/automation.ts';
import { FailureWatcher } from '../gates/failure-watcher.ts';
import { AutonomyLevels } from '../routing/autonomy-levels.ts';
import type { Catalogs } from '../routing/catalogs.ts';
import type { Logger } from '../std/logger.ts';
import type { Store } from '../store/contract.ts';
import type { EngineTime } from '../store/engine-time.ts';

/** What says how much happens without a person. */
export interface JudgingParts {
  readonly automation: Automation;
  readonly autonomy: AutonomyLevels;
  readonly failures: FailureWatcher;
}

interface Stands {
  readonly store: Store;
  readonly time: EngineTime;
  readonly catalogs: Catalogs;
  readonly definitions: Definitions;
  readonly logger: Logger;
}

/** Opens what people have said of autonomy, and hears how runs end. */
export async function openJudgingParts(stands: Stands): Promise<JudgingParts> {
  const { store, time, catalogs, definitions, logger } = stands;
  const automation = await Automation.open({ store, time });
  const autonomy = new AutonomyLevels({
    automation,
    catalogs,
    written: () => definitions.judging.autonomy,
  });
  const limit = (): number => definitions.judging.gates.fall_back_after;
  const failures = new FailureWatcher({ store, automation, limit, logger });
  return { automation, autonomy, failures };
}
