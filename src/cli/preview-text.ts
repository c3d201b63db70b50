import { escapeText } from '../std/escape.ts';
import type { Json } from '../std/json.ts';
import type { KnownCondition, KnownValue } from '../views/known-values.ts';
import type { PreviewedFlow, PreviewedStep, StartPreview } from '../views/start-preview.ts';
import { escapeLines, indent, toJsonLines } from './output.ts';

/** How many lines of what a step is given are shown; `--json` has all. */
const LINES_MAX = 20;

/** What a start would do, for people: the steps in their order, what is inside them indented. */
export function previewLines({ flows, truncated }: StartPreview): readonly string[] {
  const more = truncated ? ['', '… there is more than is shown'] : [];
  return [...flows.flatMap((flow, index) => flowLines(flow, index)), ...more];
}

function flowLines({ flow, event, from, steps }: PreviewedFlow, index: number): readonly string[] {
  const why = from === null ? `started by ${event}` : `would answer ${event} of ${from}`;
  const head = escapeText(`flow ${flow}, ${why}`);
  return [...(index === 0 ? [] : ['']), head, ...steps.flatMap((step) => indent(stepLines(step)))];
}

function stepLines(step: PreviewedStep): readonly string[] {
  const { id, kind, input, verdict, undo, inside } = step;
  return [
    escapeText(`${id}: ${kind}${step.runs === false ? ', passed over' : ''}`),
    ...indent([
      ...conditionLines(step.if),
      ...(input === null ? [] : valueLines(input)),
      ...(verdict === null ? [] : [verdictLine(verdict)]),
      ...(undo === null ? [] : [`undone by ${undo.kind}`, ...indent(valueLines(undo.input))]),
      ...inside.flatMap(({ way, steps }) => [
        escapeText(WAYS[way] ?? way),
        ...steps.flatMap((each) => indent(stepLines(each))),
      ]),
    ]),
  ];
}

const WAYS: Readonly<Record<string, string>> = {
  parallel: 'side by side',
  do: 'for each',
  call: 'the flow that it calls',
};

function conditionLines(condition: KnownCondition | null): readonly string[] {
  if (condition === null) return [];
  const { text, value, error } = condition;
  if (error !== null) return [escapeText(`if ${text}`), escapeText(`would fail: ${error}`)];
  const said = value === null ? 'depends on what comes before' : String(value);
  return [escapeText(`if ${text}: ${said}`)];
}

function valueLines({ value, open, error }: KnownValue): readonly string[] {
  const lines = textOf(value);
  const rest = lines.length - LINES_MAX;
  const shown = rest > 0 ? [...lines.slice(0, LINES_MAX), `… ${rest} lines more`] : lines;
  return [
    ...shown,
    ...(error === null ? [] : [escapeText(`would fail: ${error}`)]),
    ...(open.length === 0 ? [] : [escapeText(`not known yet: ${[...new Set(open)].join(', ')}`)]),
  ];
}

/** On one line where that is short. */
function textOf(value: Json): readonly string[] {
  if (typeof value === 'string') return escapeLines(value);
  const short = JSON.stringify(value);
  return short.length <= 80 ? [escapeText(short)] : toJsonLines(value);
}

function verdictLine({
  verdict,
  policy,
  risk,
  reasons,
}: NonNullable<PreviewedStep['verdict']>): string {
  const by = policy === null ? '' : ` (${policy})`;
  const why = reasons.length === 0 ? '' : `: ${reasons.join(' ')}`;
  return escapeText(`${VERDICTS[verdict]}${by}, risk ${risk}${why}`);
}

const VERDICTS = {
  ask: 'asks a person',
  approve: 'goes by itself',
  reject: 'would not be done',
} as const;
