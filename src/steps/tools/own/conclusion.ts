import type { OwnTool } from '../../../flows/tool.ts';
import type { Emission, StepResult } from '../../../runs/step-kind.ts';
import { ERROR_TYPE, type Hearing } from '../../../runs/tellings.ts';
import { isObject, type Json } from '../../../std/json.ts';
import { escapeText } from '../../../std/escape.ts';
import { beginningOf } from '../../written-value.ts';
import { nextEvents } from './answer.ts';
import type { Ended, OwnCall } from './call.ts';
import { afterCall } from './conditions.ts';

/** A call that is over. */
export interface Conclusion {
  readonly input: Json;
  readonly call: OwnCall;
  /** What was sent as the run's meanwhile; undefined where there is no log. */
  readonly hearing: Hearing | undefined;
}

/**
 * What comes of a call whose process has ended: its result against its contract, and the events
 * that it emitted and has follow.
 */
export async function concluded(
  tool: OwnTool,
  { result, events, problem }: Ended,
  { input, call, hearing }: Conclusion,
): Promise<StepResult> {
  const heard = hearing?.events ?? [];
  const error = events.findIndex(({ type }) => type === ERROR_TYPE);
  if (error !== -1) return saidFailed(tool, { events, error }, hearing);
  if (heard.some(({ type }) => type === ERROR_TYPE)) return failed(tool, 'emitted "error"');
  if (result.kind !== 'done') return result;
  if (problem !== undefined) return failed(tool, problem, 'tool.emits_invalid');
  const { output } = result;
  const emitted = [...heard, ...events].map(({ type }) => type);
  const next = nextEvents(tool, { output, emitted });
  if ('kind' in next) return next;
  const broken = await afterCall(tool, { input, output }, call);
  if (broken !== undefined) return broken;
  return following(tool, { output, events, next }, hearing);
}

interface Said {
  readonly events: readonly Emission[];
  /** Which of them is the error. */
  readonly error: number;
}

/** What it says after its error starts nothing: it is not even recorded. */
async function saidFailed(
  tool: OwnTool,
  { events, error }: Said,
  hearing: Hearing | undefined,
): Promise<StepResult> {
  const told = events.slice(0, error + 1);
  await hearing?.tell(told);
  const after = events.slice(told.length).map(({ type }) => `"${type}"`);
  const rest = after.length === 0 ? '' : `; not recorded, as it came after that: ${after.join()}`;
  return failed(tool, `emitted "error"${wordsOf(told.at(-1)?.data ?? null)}${shownWords(rest)}`);
}

/** How much of what a tool says of its failure a message shows. */
const WORDS_LENGTH_MAX = 400;

function shownWords(words: string): string {
  return beginningOf(escapeText(words), WORDS_LENGTH_MAX);
}

/** What an error says of itself, in the words of `emit_event`, or in others. */
function wordsOf(data: Json): string {
  const words = isObject(data)
    ? ['message', 'operation', 'context', 'payload'].map((name) => data[name])
    : [data];
  const said = words.filter((word): word is string => typeof word === 'string' && word !== '');
  return said.length === 0 ? '' : `: ${shownWords(said.join(', '))}`;
}

interface Following {
  readonly output: Json;
  readonly events: readonly Emission[];
  readonly next: readonly Emission[];
}

/** The next events answer the last one that the tool emitted itself, once that is recorded. */
async function following(
  tool: OwnTool,
  { output, events, next }: Following,
  hearing: Hearing | undefined,
): Promise<StepResult> {
  const all = [...events, ...next];
  if (all.length === 0) return { kind: 'done', output };
  const told = next.length === 0 || hearing === undefined ? [] : await causes(events, hearing);
  if (told === undefined) return failed(tool, 'emitted what nobody may emit', 'emit.invalid');
  const cause = told.at(-1);
  if (cause === undefined) return { kind: 'done', output, emits: all };
  const answers = next.map((event) => ({ ...event, answers: cause.seq }));
  return { kind: 'done', output, emits: answers };
}

/** What the tool emitted itself, as it is recorded; undefined where that cannot be. */
async function causes(
  events: readonly Emission[],
  hearing: Hearing,
): Promise<Hearing['events'] | undefined> {
  return events.length === 0 ? hearing.events : hearing.tell(events);
}

function failed({ name }: OwnTool, did: string, code = 'tool.failed'): StepResult {
  const message = `The tool ${name} ${did}${did.endsWith('.') ? '' : '.'}`;
  return { kind: 'fail', error: { code, message, happened: 'maybe' } };
}
