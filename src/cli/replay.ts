import type { Configuration } from '../config.ts';
import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import type { EventName, ReplayPreview } from '../views/replay-preview.ts';
import type { Client } from './client.ts';
import { loadForCommand } from './configuration.ts';
import { connect, using, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { notRecorded, offerPatiently } from './emit-lines.ts';
import type { Globals } from './globals.ts';
import { count, formatTime, printJsonLine } from './output.ts';
import { openProgressBesideLines } from './progress-line.ts';
import { chooseEvents, isFromOutside, mayHaveRuns, type Range } from './replay-range.ts';
import { compareRecorded, NO_SUMS, type RecordedSums, sumsText } from './replay-recorded.ts';
import { parseSince } from './since.ts';

/** The flags of `replay`. */
export interface ReplayFlags extends Globals {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly type?: string | undefined;
  readonly flow?: string | undefined;
  readonly limit?: number | undefined;
  readonly dryRun?: boolean | undefined;
  readonly live?: boolean | undefined;
  readonly recordedEffects?: boolean | undefined;
}

/** What has been done so far. */
interface Summary {
  events: number;
  starts: number;
  unwanted: number;
  /** With recorded effects, in place of the others. */
  readonly sums: RecordedSums;
}

/**
 * Says what a replay of one event, or of those of a time, would start; with `--live` lets them come
 * once more, in the order of the log, and with `--recorded-effects` says whether the runs would be
 * the same. Exit code 1 where one would not.
 */
export async function replay(this: CliContext, flags: ReplayFlags, event?: string): Promise<void> {
  refuseMisfits(flags, event);
  const range = event === undefined ? rangeOf(flags, this.clock.now()) : undefined;
  const summary: Summary = { events: 0, starts: 0, unwanted: 0, sums: { ...NO_SUMS } };
  const progress = openProgressBesideLines(this.terminal, this.clock);
  const configuration = (): Promise<Configuration | undefined> => filesOf(this, flags);
  const here = flags.recordedEffects === true ? { configuration } : {};
  await using(await connect(this, flags, { creates: false, ...here }), async (client) => {
    const act = actionOf(this, flags, { client, summary });
    try {
      if (event !== undefined) await act({ id: event });
      for await (const seq of range === undefined ? [] : chooseEvents(client, range)) {
        await act({ seq });
        progress.show(() => describe(summary, flags));
      }
    } catch (error) {
      throw event === undefined ? interrupted(error, summary) : error;
    } finally {
      progress.end();
    }
  });
  const { sums, ...counts } = summary;
  const total = flags.recordedEffects === true ? sums : counts;
  if (wantsJson(this, flags)) await printJsonLine(this.terminal, { ...total });
  else this.terminal.note(`${describe(summary, flags)}.\n`);
}

/** What the files say, for a comparison where no daemon runs; undefined where there are none. */
async function filesOf(
  context: CliContext,
  flags: ReplayFlags,
): Promise<Configuration | undefined> {
  try {
    return await loadForCommand(context, flags);
  } catch (error) {
    if (error instanceof SignalboxError && error.code === 'config.missing') return undefined;
    throw error;
  }
}

type Act = (name: EventName) => Promise<void>;

interface Acting {
  readonly client: Client;
  readonly summary: Summary;
}

function actionOf(context: CliContext, flags: ReplayFlags, acting: Acting): Act {
  if (flags.recordedEffects === true) {
    const { client, summary } = acting;
    const comparing = { client, sums: summary.sums, flow: flags.flow };
    return (name) => compareRecorded(context, flags, comparing, name);
  }
  return flags.live === true
    ? replaying(context, flags, acting)
    : previewing(context, flags, acting);
}

function previewing(context: CliContext, flags: ReplayFlags, { client, summary }: Acting): Act {
  const { terminal } = context;
  const json = wantsJson(context, flags);
  return async (name) => {
    const preview = await client.replays.preview(name, flags.flow);
    const starts = startsOf(preview);
    // Asked about one flow of many events, those that it does not want are of no interest.
    if (flags.flow !== undefined && 'seq' in name && starts.length === 0) {
      summary.unwanted++;
      return;
    }
    summary.events++;
    summary.starts += starts.length;
    if (json) await printJsonLine(terminal, preview);
    else await terminal.print(`${previewLine(preview, starts)}\n`);
  };
}

function replaying(context: CliContext, flags: ReplayFlags, { client, summary }: Acting): Act {
  const { terminal, clock } = context;
  const json = wantsJson(context, flags);
  return async (name) => {
    const result = await offerPatiently(() => client.replays.replay(name, flags.flow), clock);
    if (result.kind === 'unwanted') {
      if ('id' in name) throw new SignalboxError('replay.unwanted', result.reason);
      summary.unwanted++;
      return;
    }
    if (result.kind !== 'accepted') throw notRecorded(result);
    summary.events++;
    const { id, seq } = result;
    if (json)
      await printJsonLine(terminal, { id, seq, replayof: 'seq' in name ? name.seq : name.id });
    else await terminal.print(`${escapeText(id)}\n`);
  };
}

function startsOf({ flows }: ReplayPreview): string[] {
  return flows.flatMap(({ flow, outcome }) =>
    outcome === 'starts' || outcome === 'coalesced' ? [flow] : [],
  );
}

function previewLine({ event, received, type }: ReplayPreview, starts: readonly string[]): string {
  const what = starts.length === 0 ? 'nothing' : starts.map(escapeText).join(', ');
  return `${event}  ${formatTime(received)}  ${escapeText(type)}  would start ${what}`;
}

function describe(summary: Summary, { live, flow, recordedEffects }: ReplayFlags): string {
  const { events, starts, unwanted, sums } = summary;
  if (recordedEffects === true) return sumsText(sums);
  const passed =
    unwanted === 0 || flow === undefined
      ? ''
      : `, ${count(unwanted, 'event')} passed over that it does not want`;
  if (live === true) return `${count(events, 'event')} replayed${passed}`;
  const would = `${count(events, 'event')} would be replayed and start ${count(starts, 'run')}`;
  return `${would}${passed}; nothing was done, --live does it`;
}

function refuseMisfits(flags: ReplayFlags, event: string | undefined): void {
  const { since, until, type, limit, live, dryRun, recordedEffects } = flags;
  if (live === true && dryRun === true) throw usage('Give --dry-run or --live, not both.');
  if (recordedEffects === true && (live === true || dryRun === true))
    throw usage('Give --recorded-effects, --dry-run or --live: one of them.');
  if (event === undefined && since === undefined) {
    throw usage('Name an event, or say since when: signalbox replay --since 90m');
  }
  const ranged = [since, until, type, limit].some((flag) => flag !== undefined);
  if (event !== undefined && ranged) {
    throw usage('One event is named; --since, --until, --type and --limit choose among many.');
  }
}

function rangeOf(
  { since = '', until, type, limit, recordedEffects }: ReplayFlags,
  now: number,
): Range {
  return {
    chooses: recordedEffects === true ? mayHaveRuns : isFromOutside,
    from: parseSince(since, now),
    until: until === undefined ? now : parseSince(until, now, '--until'),
    type,
    limit: limit ?? Number.POSITIVE_INFINITY,
  };
}

/** Names how far it came, so that nobody replays the same twice. */
function interrupted(cause: unknown, { events, sums }: Summary): unknown {
  if (!(cause instanceof SignalboxError) || events + sums.events === 0) return cause;
  const message = `Stopped after ${count(events + sums.events, 'event')}: ${cause.message}`;
  return new SignalboxError(cause.code, message, { cause });
}

function usage(message: string): SignalboxError {
  return new SignalboxError('usage.invalid', message);
}
