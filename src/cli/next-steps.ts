import { isOwnType } from '../events/own-types.ts';
import type { Catalog } from '../flows/catalog.ts';
import type { Flow } from '../flows/flow.ts';
import { builtInSourceShapes } from '../sources/shapes.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { shownCommand } from './shown-command.ts';

/** What a newcomer can type next, so that it works as it stands. */
export function nextSteps(
  context: Pick<CliContext, 'env' | 'globals'>,
  flags: Globals,
  { flows }: Pick<Catalog, 'flows'>,
): string[] {
  const command = (...words: string[]): string => shownCommand(context, flags, ...words);
  const start = startOf(flows);
  return [
    ...(start === undefined ? [] : [`try: ${command(...start)}`]),
    `try: ${command('runs')}`,
    `stop with Ctrl-C`,
  ];
}

/** What starts a flow that needs no data; undefined where there is none. */
function startOf(flows: Catalog['flows']): string[] | undefined {
  const easy = [...flows.values()].filter((flow) => !needsData(flow));
  const type = easy.flatMap(emittableTypes).at(0);
  if (type !== undefined) return ['emit', type];
  const [first] = easy;
  return first && ['trigger', first.name];
}

/** Types that sources tell: anybody may emit them too, though not what these say. */
const TOLD: ReadonlySet<string> = new Set(builtInSourceShapes.flatMap(({ emits }) => emits));

/** The types that a flow answers whoever emits them. */
function emittableTypes({ triggers }: Flow): string[] {
  return triggers.flatMap(({ pattern: { event, source }, where }) => {
    const isOpen = source === undefined && where === undefined && !event.endsWith('*');
    return isOpen && !isOwnType(event) && !TOLD.has(event) ? [event] : [];
  });
}

/** What texts of flows call the data of their event. */
const DATA = /\bpayload\b|\bevent\.data\b|\{\s*(?:changed_)?files\b/;

/** Whether a flow seems to read what its event holds, which an event without data does not. */
function needsData(flow: Flow): boolean {
  return DATA.test(JSON.stringify(flow));
}
