import { notRecorded } from './emit-lines.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { draftOfArguments } from './emit-input.ts';
import type { Globals } from './globals.ts';
import { printJsonLine } from './output.ts';

const SOURCE = 'test-event';
const DEFAULT_TYPE = 'COORDINATION_CRISIS';

/** What the types that coordination sends carry, in the words of seed 002. */
const SAMPLES: Readonly<Record<string, object>> = {
  COORDINATION_CRISIS: {
    task_id: 'task-123',
    agent_id: 'unresponsive-agent',
    escalation_level: 'red',
    description: 'Agent unresponsive for task',
  },
  DEADLINE_WARNING: {
    task_id: 'task-123',
    agent_id: 'working-agent',
    time_remaining: '30 minutes',
  },
  AGENT_UNRESPONSIVE: {
    agent_id: 'silent-agent',
    last_activity: '2025-07-16T20:00:00Z',
    unresponsive_duration: '1.5 hours',
  },
  TASK_REASSIGNMENT: {
    task_id: 'task-123',
    old_agent: 'failed-agent',
    new_agent: 'backup-agent',
    reason: 'Agent unresponsive',
  },
};

/**
 * Emits an event as coordination sends it, marked with `"test": true`, and prints its id when it is
 * on disk. A type without a sample carries the mark alone.
 */
export async function testEvent(
  this: CliContext,
  flags: Globals,
  type: string = DEFAULT_TYPE,
): Promise<void> {
  const sample = Object.hasOwn(SAMPLES, type) ? SAMPLES[type] : {};
  const data = JSON.stringify({ ...sample, timestamp: timestampOf(this), test: true });
  const draft = draftOfArguments(
    type,
    { source: SOURCE },
    { data, words: [], folder: this.workingDirectory },
  );
  const client = await connect(this, flags, { creates: true });
  await using(client, async () => {
    const result = await client.emit(draft);
    if (result.kind !== 'accepted') throw notRecorded(result);
    const { id, seq, duplicate } = result;
    if (wantsJson(this, flags)) await printJsonLine(this.terminal, { id, seq, duplicate });
    else await this.terminal.print(`${id}\n`);
  });
}

/** To the second, as the samples have it. */
function timestampOf({ clock }: CliContext): string {
  return new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
}
