import type { LogIdentity, LogRecord } from '../../src/store/contract.ts';

/** A log of one name. */
export const identity: LogIdentity = {
  names: [{ from: 1, logId: 'sb00000000' }],
  incarnation: 1,
  epoch: 1,
  afterCleanStop: true,
  lastReceived: 0,
};

/** A foreign event as the log holds it. */
export function recordOf(fields: Partial<LogRecord> = {}): LogRecord {
  return {
    seq: 4,
    type: 'pushed',
    version: 1,
    source: 'git',
    id: null,
    subject: null,
    received: 1_000,
    correlation: null,
    causation: null,
    hops: 0,
    stream: null,
    prev: null,
    attributes: null,
    data: '{"n":1}',
    ...fields,
  };
}
