import type { Logger } from '../std/logger.ts';
import type { JournalEvent } from './journal.ts';
import type { Motion } from './motion.ts';

/** Tells the daemon's log what a run has come to. */
export function report(logger: Logger, motion: Motion, record: JournalEvent): void {
  const { branch } = motion.run;
  const fields = {
    run: motion.shownId,
    flow: motion.flow.name,
    ...(branch === null ? {} : { branch }),
  };
  if (record.type === 'step.completed') {
    logger.info('step completed', { ...fields, step: record.step });
  } else if (record.type === 'run.succeeded') logger.info('run succeeded', fields);
  else if (record.type === 'run.compensating' && record.error === undefined)
    logger.warn('run is undone', fields);
  else if (record.type === 'run.compensated') logger.warn('run was undone', fields);
  else if (record.type === 'run.noop') logger.info('run had nothing to do', fields);
  if (!('error' in record) || record.error === undefined) return;
  const failed = { ...fields, step: record.step, error: record.error.message };
  if (record.type === 'run.failed') logger.error('run failed', failed);
  else if (record.type === 'run.stuck') logger.error('run could not be undone', failed);
  else if (record.type === 'run.compensating') logger.error('run fails, and is undone', failed);
  else if (record.type === 'run.failing') logger.error('run fails', failed);
  else if (record.type === 'step.retrying') logger.warn('step failed, to be tried again', failed);
  else if (record.type !== 'step.unknown') logger.warn('step failed, the run goes on', failed);
  else logger.error('step may have happened, waits for a person', failed);
}
