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
  await this.terminal.print(previewLines(preview).join('\n'));
}

function previewLines(preview: SagaPreview): readonly string[] {
  const { run, flow, state, undo, left } = preview;
  const head = `run ${run} of flow ${escapeText(flow)}, ${state}`;
  const todo = state === 'compensation_stuck' ? 'could not be undone' : 'would be undone';
  const title = undo.length === 0 ? `${head}: nothing ${todo}` : `${head}: ${todo}, in this order`;
  return [
    title,
    ...undo.flatMap((item, index) => itemLines(item, `${index + 1}.`)),
    ...leftLines(),
  ];

  function leftLines(): readonly string[] {
    if (left.length === 0) return [];
    return ['stays as it is', ...left.map(({ step, why }) => escapeText(`  ${step}: ${why}`))];
  }
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
