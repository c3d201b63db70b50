import { isOwnType } from '../events/own-types.ts';
import type { Catalog } from '../flows/catalog.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';
import { shownCommand } from './shown-command.ts';

/** What a newcomer can type next, so that it works as it stands. */
export function nextSteps(context: CliContext, flags: Globals, catalog: Catalog): string[] {
  const command = (...words: string[]): string => shownCommand(context, flags, ...words);
  return [
    `try: ${command('emit', answeredType(catalog) ?? 'TYPE')}`,
    `try: ${command('runs')}`,
    `stop with Ctrl-C`,
  ];
}

/** A type that a flow answers and that anybody may emit. */
function answeredType({ flows }: Catalog): string | undefined {
  const triggers = [...flows.values()].flatMap((flow) => flow.triggers);
  const types = triggers.map(({ pattern }) => pattern.event);
  return types.find((type) => !type.endsWith('*') && !isOwnType(type));
}
