/** What becomes of an event's run, as far as limits decide it. */
export type Verdict =
  /** There is a slot for it. */
  | 'lease'
  /** Nothing but the slots keeps it from beginning. */
  | 'wait'
  /** A limit of its own, or a pause, keeps it from beginning: it is queued. */
  | 'queue'
  /** As many runs are open as its flow allows: the oldest one makes way, or it is not started. */
  | 'replace'
  | 'drop'
  | 'error';
