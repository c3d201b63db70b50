import type { Cause } from '../views/cause-chain.ts';
import { fateSentence } from '../views/fate.ts';
import type { UnmetCondition } from '../views/run-reason.ts';
import type { Why } from '../views/why.ts';
import { valuesText } from './answer-text.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { describePairs, formatTime, printDocument } from './output.ts';
import { type Column, renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Tells why a run or an event is what it is: its reason, and the chain of causes down to it. */
export async function why(this: CliContext, flags: Globals, id: string): Promise<void> {
  const answer = await using(await connect(this, flags), (client) => client.why(id));
  if (wantsJson(this, flags)) return printDocument(this.terminal, answer);
  await this.terminal.print(describe(answer, this.terminal));
}

function describe(answer: Why, terminal: Terminal): string {
  const { id, kind, state, due, unmet, fates, chain, whole } = answer;
  const reasons = fates.length > 1 ? fates.map(fateSentence) : [answer.reason];
  const lines = describePairs([
    [kind, id],
    [kind === 'run' ? 'state' : 'outcome', state],
    ...reasons.map((each, index) => [index === 0 ? 'because' : '', each] as const),
    ['due', due === null ? null : formatTime(due)],
    ...unmet.map((condition) => ['skipped', unmetText(condition)] as const),
  ]);
  lines.push('', whole ? 'causes' : `the last ${chain.length} causes`);
  return `${lines.join('\n')}\n${renderTable(chain, COLUMNS, terminal)}`;
}

function unmetText({ step, if: condition, values }: UnmetCondition): string {
  return `step "${step}", since "${condition}" is false${valuesText(values)}`;
}

const COLUMNS: readonly Column<Cause>[] = [
  { head: '', cell: () => '' },
  { head: 'TIME', cell: ({ time }) => formatTime(time) },
  { head: 'ID', cell: ({ id }) => id },
  { head: 'WHAT', cell: whatOf, shrinks: true },
  { head: 'BY', cell: byOf, shrinks: true },
];

function whatOf({ kind, type, flow }: Cause): string {
  return kind === 'run' ? `run of flow ${flow ?? '?'}` : `event ${type}`;
}

function byOf({ kind, source, flow, step }: Cause): string {
  if (kind === 'run') return '';
  if (flow === null) return source;
  return step === null ? `flow ${flow}` : `flow ${flow}, step ${step}`;
}
