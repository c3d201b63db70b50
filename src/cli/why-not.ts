import { escapeText } from '../std/escape.ts';
import type { TriggerExplanation, WrittenTrigger } from '../routing/explain.ts';
import type { WhyNot } from '../views/why-not.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { describePairs, indent, printDocument } from './output.ts';

/** Tells which rule kept an event from starting a flow and what it saw, or that it did start. */
export async function whyNot(
  this: CliContext,
  flags: Globals,
  event: string,
  flow: string,
): Promise<void> {
  const answer = await using(await connect(this, flags), (client) => client.whyNot(event, flow));
  if (wantsJson(this, flags)) return printDocument(this.terminal, answer);
  await this.terminal.print(`${describe(answer).join('\n')}\n`);
}

function describe({ event, type, flow, outcome, reason, triggers }: WhyNot): string[] {
  const lines = describePairs([
    ['event', event],
    ['type', type],
    ['flow', flow],
    ['outcome', outcome],
    ['because', reason],
    ...(triggers.length === 1 ? unmetPairs(triggers) : []),
  ]);
  if (triggers.length < 2) return lines;
  return [...lines, '', 'triggers', ...indent(triggers.flatMap(describeTrigger))];
}

function describeTrigger(trigger: TriggerExplanation): string[] {
  const { on, verdict, reason } = trigger;
  return [
    escapeText(`on ${patternText(on)}`),
    ...indent(describePairs([[verdict.replaceAll('_', ' '), reason], ...unmetPairs([trigger])])),
  ];
}

/** The parts of conditions that are false. */
function unmetPairs(triggers: readonly TriggerExplanation[]): [string, string][] {
  return triggers.flatMap(({ unmet = [] }) =>
    unmet.map((clause): [string, string] => ['false', clause]),
  );
}

function patternText({ event, source, subject }: WrittenTrigger): string {
  const parts = [event];
  if (source !== undefined) parts.push(`source ${source}`);
  if (subject !== undefined) parts.push(`subject ${subject}`);
  return parts.join(', ');
}
