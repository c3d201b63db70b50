import type { Flow } from '../flows/flow.ts';
import type { EventWrite } from '../store/contract.ts';
import { type Cause, ownRecord } from '../store/record.ts';
import type { JournalEvent } from './journal.ts';
import { marked } from './interactive.ts';
import type { Motion } from './motion.ts';
import type { Recorder } from './recorder.ts';

type ToolEventType = 'tool.requested' | 'tool.started' | 'tool.completed' | 'tool.failed';

/**
 * What is told of a tool that answers events, beside the records of its run. Its flow does nothing
 * else, so these are few; of a tool in a step of another flow the records of that run tell.
 */
function toolEvent(type: ToolEventType, data: object, received: number, cause: Cause): EventWrite {
  return { kind: 'event', record: ownRecord(type, JSON.stringify(data), received, cause) };
}

/** The same of a run's tool: whoever answers it is as interactive as the run. */
function ofRun(type: ToolEventType, data: object, motion: Motion, received: number): EventWrite {
  const write = toolEvent(type, data, received, causeOf(motion));
  return { ...write, record: marked(write.record, motion) };
}

/** An event asks for the tool: in one unit with the run that it starts. */
export function toolRequested(
  { tool }: Pick<Flow, 'tool'>,
  received: number,
  cause: Cause,
): readonly EventWrite[] {
  return tool === undefined ? [] : [toolEvent('tool.requested', { tool }, received, cause)];
}

/** An attempt at the tool begins. */
export async function tellToolStarted(
  motion: Motion,
  received: number,
  recorder: Pick<Recorder, 'append'>,
): Promise<void> {
  const { tool } = motion.flow;
  if (tool === undefined) return;
  const data = { tool, run: motion.shownId, attempt: motion.run.attempt };
  const write = ofRun('tool.started', data, motion, received);
  await recorder.append({ writes: [write] });
}

/** The tool has done it, or failed for good: in one unit with the end of its run. */
export function toolEnded(
  motion: Motion,
  entry: JournalEvent,
  received: number,
): readonly EventWrite[] {
  const { tool } = motion.flow;
  if (tool === undefined) return [];
  const said = { tool, run: motion.shownId };
  if (entry.type === 'run.succeeded') {
    return [ofRun('tool.completed', said, motion, received)];
  }
  const isFailed = entry.type === 'run.failed' || entry.type === 'run.compensating';
  if (!isFailed || entry.error === undefined) return [];
  const { code, message } = entry.error;
  // What it was to do: who puts things right again needs to know.
  const data = { ...said, data: motion.event.data, code, message };
  return [ofRun('tool.failed', data, motion, received)];
}

function causeOf({ id, run }: Motion): Cause {
  return { correlation: run.correlation, causation: id, hops: run.hops };
}
