/** The log as the source of an event log sees it, which writes down what is recorded. */
export interface LogFeed {
  /** The seq of the last event. */
  head(): number;
  /** Events behind a seq, in order, at most so many. */
  read(after: number, limit: number): Promise<readonly FeedEvent[]>;
  /** Calls `listener` whenever something was recorded, until what it returns is called. */
  onRecorded(listener: () => void): () => void;
}

/** An event of the log, its data as JSON text. */
export interface FeedEvent {
  readonly seq: number;
  readonly type: string;
  readonly source: string;
  readonly subject?: string | undefined;
  /** RFC 3339. */
  readonly time: string;
  readonly data: string;
}
