import type { RepairRequest } from '../runs/repair.ts';
import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { parseJson } from '../std/json.ts';
import type { StepState } from '../views/run-view.ts';
import type { Asked, RepairedRun } from './client.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { jsonOf } from './emit-input.ts';
import type { Globals } from './globals.ts';
import { formatTime, printDocument } from './output.ts';
import { explainRefusal } from './unknown-id.ts';

/** The flags that all of these commands have. */
export interface RepairFlags extends Globals {
  readonly reason?: string | undefined;
}

/** Holds a run where it rests, or when its step is over. */
export function pauseRun(this: CliContext, flags: RepairFlags, run: string): Promise<void> {
  return repair(this, flags, { run, request: { verb: 'pause', ...said(flags) } });
}

/** Lets a run go on that is paused. */
export function resumeRun(this: CliContext, flags: RepairFlags, run: string): Promise<void> {
  return repair(this, flags, { run, request: { verb: 'resume', ...said(flags) } });
}

/** Ends a run, and tells its step to end. */
export function cancelRun(this: CliContext, flags: RepairFlags, run: string): Promise<void> {
  return repair(this, flags, { run, request: { verb: 'cancel', ...said(flags) } });
}

/** Ends a run, and kills the command of its step. */
export function killRun(this: CliContext, flags: RepairFlags, run: string): Promise<void> {
  return repair(this, flags, { run, request: { verb: 'kill', ...said(flags) } });
}

/** Does a step of a run again, and what comes behind it. */
export function retryRun(
  this: CliContext,
  flags: RepairFlags & { readonly from?: string | undefined },
  run: string,
  step: string | undefined = flags.from,
): Promise<void> {
  const from = step === undefined ? {} : { from: step };
  return repair(this, flags, { run, request: { verb: 'retry', ...from, ...said(flags) } });
}

/** Passes over the step at which a run rests or with which it failed. */
export function skipStep(
  this: CliContext,
  flags: RepairFlags & { readonly reason: string },
  run: string,
  step: string,
): Promise<void> {
  if (flags.reason === '') throw new SignalboxError('usage.invalid', '--reason says nothing.');
  return repair(this, flags, { run, request: { verb: 'skip', step, ...said(flags) } });
}

/** Says what the step has given at which a run rests or with which it failed. */
export function setStep(
  this: CliContext,
  flags: RepairFlags & { readonly output: string },
  run: string,
  step: string,
): Promise<void> {
  const place = { flag: '--output', folder: this.workingDirectory };
  const output = parseJson(jsonOf(flags.output, place));
  return repair(this, flags, { run, request: { verb: 'set', step, output, ...said(flags) } });
}

/** Has a run go on by the definition of its flow in another catalog. */
export function moveRun(
  this: CliContext,
  flags: RepairFlags & {
    readonly catalog?: string | undefined;
    readonly at?: string | undefined;
    readonly accept: boolean;
  },
  run: string,
): Promise<void> {
  const { catalog, at, accept } = flags;
  const how = {
    ...(catalog === undefined ? {} : { catalog }),
    ...(at === undefined ? {} : { at }),
    ...(accept ? { accept } : {}),
  };
  return repair(this, flags, { run, request: { verb: 'move', ...how, ...said(flags) } });
}

function said({ reason }: RepairFlags): { readonly reason: string | null } {
  return { reason: reason ?? null };
}

async function repair(
  context: CliContext,
  flags: Globals,
  { run, request }: { readonly run: string; readonly request: Asked<RepairRequest> },
): Promise<void> {
  const { terminal } = context;
  const client = await connect(context, flags);
  const repaired = await using(client, (each) =>
    each
      .repair(run, request)
      .catch((error: unknown) => explainRefusal(error, each, { sought: 'run', id: run })),
  );
  if (wantsJson(context, flags)) return printDocument(terminal, repaired.run);
  await terminal.print(`${sentenceAfter(repaired, request.verb)}\n`);
  const { state, due } = repaired.run;
  const goesOn = (state === 'waiting' || state === 'compensating') && due !== null;
  if (client.url === undefined && goesOn) {
    terminal.note('No daemon runs: it goes on as soon as one does.\n');
  }
}

/** What was done to the run, where its state does not say that, and what it is now. */
function sentenceAfter(repaired: RepairedRun, verb: RepairRequest['verb']): string {
  const { id, flow, state, moves } = repaired.run;
  const [now, move] = [sentenceOf(repaired), moves?.at(-1)];
  if (verb !== 'move' || move === undefined) return now;
  const { to, step } = move;
  const pinned = `Run ${id} of flow ${escapeText(flow)} goes by catalog ${to} from now on`;
  if (state === 'paused') return `${pinned}, and is paused; resume it: signalbox runs resume ${id}`;
  if (repaired.run.ended === null) return `${pinned}, at step "${escapeText(step)}".`;
  return `${pinned}, and has ended as ${state}; retry it: signalbox runs retry ${id}`;
}

/** What the run is now. */
function sentenceOf({ run, pending }: RepairedRun): string {
  const { id, flow, state, reason, due } = run;
  const name = `Run ${id} of flow ${escapeText(flow)}`;
  const step = run.steps.find((each) => STANDING.has(each.state));
  const at = step === undefined ? '' : ` step "${escapeText(step.id)}"`;
  if (pending) return `${name} is under way, and will be paused when${at} is over.`;
  const why = reason === null ? '' : ` ${escapeText(reason)}`;
  switch (state) {
    case 'paused':
      return `${name} is paused at${at}${why}.`;
    case 'cancelled':
      return `${name} is cancelled${why}.`;
    case 'compensating':
      return `${name} is stopped, and what it did is undone; see: signalbox runs show ${id}`;
    case 'compensated':
      return `${name} is undone: all that it did${why === '' ? '' : `, since it ended${why}`}.`;
    case 'compensation_stuck':
      return `${name} could not be undone:${why}; see: signalbox runs show ${id}`;
    case 'queued':
      return `${name} waits for a slot to begin${at}.`;
    case 'running':
      return `${name} is at${at}.`;
    case 'waiting':
      if (due === null) return `${name} waits at${at}${reason === null ? '' : `:${why}`}.`;
      return `${name} goes on with${at} at ${formatTime(due)}.`;
    default:
      return `${name} has ${state === 'noop' ? 'ended as noop' : state}.`;
  }
}

/** The states of a step at which a run stands. */
const STANDING: ReadonlySet<StepState> = new Set<StepState>([
  'pending',
  'running',
  'retrying',
  'waiting',
  'proposed',
  'unknown',
]);
