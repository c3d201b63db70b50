import type { LogRecord, Write } from './contract.ts';

/** The stream of a write's record that gets `seq`, and the record before it there. */
export function streamPlace(write: Write, seq: number): Pick<LogRecord, 'stream' | 'prev'> {
  switch (write.kind) {
    case 'event':
      return { stream: null, prev: null };
    case 'open':
      return { stream: seq, prev: null };
    case 'advance':
      return { stream: write.run, prev: write.expectedVersion };
    case 'entity':
      return { stream: write.entity ?? seq, prev: write.expectedVersion };
  }
}
