import { excerpt } from '../flows/cel/messages.ts';
import { escapeText } from '../std/escape.ts';
import type { SagaItem, SagaPreview } from '../views/saga-view.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';

/** How much of what an undo is given stands on its line. */
const INPUT_SHOWN_MAX = 160;

/** Tells what would be undone if a run were cancelled now, and what would stay done. */
export async function previewRun(this: CliContext, flags: Globals, id: string): Promise<void> {
  const preview = await using(await connect(this, flags), (client) => client.saga(id));
  if (wantsJson(this, flags)) return printDocument(this.terminal, preview);
  await this.terminal.print(`${previewLines(preview).join('\n')}\n`);
}

function previewLines(preview: SagaPreview): readonly string[] {
  const { run, flow, undo, left } = preview;
  const head = escapeText(`run ${run} of flow ${flow}, ${preview.state}`);
  const kept = left.map(({ step, why }) => escapeText(`  ${step}: ${why}`));
  return [
    `${head}: ${titleOf(preview)}`,
    ...undo.flatMap((item, index) => itemLines(item, `${index + 1}.`)),
    ...(kept.length === 0 ? [] : ['stays as it is', ...kept]),
  ];
}

function titleOf({ state, undo }: SagaPreview): string {
  if (undo.length === 0) return 'nothing is left to undo';
  if (state === 'compensation_stuck') return 'could not be undone, in this order';
  return `${state === 'compensating' ? 'will' : 'would'} be undone, in this order`;
}

function itemLines(item: SagaItem, number: string): readonly string[] {
  const { step, happened, undo, together, stuck } = item;
  const doubt = happened === 'unknown' && together.length === 0 ? ' (may have happened)' : '';
  const given = undo === null ? ' by its own runs, together' : ` by ${undoText(undo)}`;
  return [
    escapeText(`  ${number} ${step}${doubt}${given}`),
    ...(stuck === null ? [] : [escapeText(`     stuck: ${stuck}`)]),
    ...together.flatMap((each) => previewLines(each).map((line) => `     ${line}`)),
  ];
}

function undoText({ kind, input, error }: NonNullable<SagaItem['undo']>): string {
  if (error !== null) return `${kind}, which would fail: ${error}`;
  return `${kind} ${excerpt(JSON.stringify(input), INPUT_SHOWN_MAX)}`;
}
