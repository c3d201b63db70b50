import { proposeCompletions, type RouteMap } from '@stricli/core';
import { isFlowName } from '../flows/parse/flow-name.ts';
import { buildApp } from './app.ts';
import { loadNamed } from './configuration.ts';
import { findRunning, using } from './connect.ts';
import type { CliContext } from './context.ts';
import { buildRoutes } from './routes.ts';
import { type Globals, mergeGlobals, takeLeadingGlobals } from './globals.ts';

/** How many runs are proposed. */
const RUNS_MAX = 50;
/** Commands whose first word is the name of a flow. */
const TAKE_FLOW: ReadonlySet<string> = new Set(['trigger', 'pause', 'resume']);
/** Commands whose second word is one. */
const TAKE_FLOW_SECOND: ReadonlySet<string> = new Set(['why-not', 'autonomy']);
/** Flags whose value is one. */
const FLOW_FLAGS: ReadonlySet<string> = new Set(['--flow', '--handler']);
/** Commands whose first word is the id of a run. */
const TAKE_RUN = /^(?:runs|why)$|^runs (?:show|pause|resume|cancel|kill|retry|skip|set)$/;
/** What is proposed is typed as it stands: nothing that means something to a shell. */
const PLAIN = /^[\p{L}\p{N}_./:@+-]+$/u;

/**
 * Prints what the last word may become, one a line: commands, flags and their values, names of
 * flows, ids of runs. Where nothing can be found out, it prints nothing: completion never fails.
 */
export async function propose(this: CliContext, flags: Globals, ...words: string[]): Promise<void> {
  try {
    const { globals, rest } = takeLeadingGlobals(words);
    const context = { ...this, globals: mergeGlobals(this.globals, { ...flags, ...globals }) };
    const last = rest.at(-1) ?? '';
    const proposals = [...(await ofGrammar(context, rest)), ...(await ofProject(context, rest))];
    const fit = proposals.filter((text) => text.startsWith(last) && isTyped(text, last));
    await this.terminal.print([...new Set(fit)].map((text) => `${text}\n`).join(''));
  } catch {
    // Half a command line may be anything, and the data may be anywhere.
  }
}

/** Whether somebody may want to type it. Flags are proposed only where one has begun. */
function isTyped(text: string, last: string): boolean {
  const isWanted = last.startsWith('-') || !text.startsWith('-');
  return isWanted && PLAIN.test(text) && text !== '--';
}

/** Commands, flags, and the values of those flags that have a list of them. */
async function ofGrammar(context: CliContext, words: readonly string[]): Promise<string[]> {
  const found = await proposeCompletions(buildApp(), words, { ...context });
  return [...commandsIn(buildRoutes(), words), ...found.map(({ completion }) => completion)];
}

/** The commands below the words typed so far: of a noun with a usual verb the parser names none. */
function commandsIn(map: RouteMap<CliContext>, [word = '', ...rest]: readonly string[]): string[] {
  const shown = map.getAllEntries().filter(({ hidden }) => !hidden);
  const nameOf = ({ name }: (typeof shown)[number]): string => name['convert-camel-to-kebab'];
  if (rest.length === 0) return shown.map(nameOf);
  const target = shown.find((entry) => nameOf(entry) === word)?.target;
  return target !== undefined && 'getAllEntries' in target ? commandsIn(target, rest) : [];
}

async function ofProject(context: CliContext, words: readonly string[]): Promise<string[]> {
  const before = words.slice(0, -1);
  if (before.length === 0 || words.at(-1)?.startsWith('-') === true) return [];
  const command = before.join(' ').replace(/^daemon /, '');
  const flag = before.at(-1) ?? '';
  const isFlow =
    TAKE_FLOW.has(command) ||
    FLOW_FLAGS.has(flag) ||
    (before.length === 2 && TAKE_FLOW_SECOND.has(before[0] ?? ''));
  if (isFlow) return flowNames(context);
  return TAKE_RUN.test(command) ? runIds(context) : [];
}

async function flowNames(context: CliContext): Promise<string[]> {
  const { configuration } = await loadNamed(context, {});
  return [...(configuration?.catalog.flows.keys() ?? [])].filter(isFlowName);
}

/** Of a daemon that runs: to open the data for a key press would be too much. */
async function runIds(context: CliContext): Promise<string[]> {
  const client = await findRunning(context, {});
  if (client === undefined) return [];
  const { items } = await using(client, () => client.runs({ limit: RUNS_MAX }));
  return items.map(({ id }) => id);
}
