import { isOwnType } from '../events/own-types.ts';
import type { Catalog } from '../flows/catalog.ts';
import type { CliContext } from './context.ts';
import { type Globals, mergeGlobals } from './globals.ts';

/** What a newcomer can type next, so that it works as it stands. */
export function nextSteps(context: CliContext, flags: Globals, catalog: Catalog): string[] {
  const { config, data } = mergeGlobals(context.globals, flags);
  // Where npm runs us, the command is not on the path.
  const program = context.env['npm_execpath'] === undefined ? 'signalbox' : 'npx signalbox';
  const place = [
    ...(config === undefined ? [] : ['--config', config]),
    ...(data === undefined ? [] : ['--data', data]),
  ];
  const command = (...words: string[]): string => [program, ...place, ...words].join(' ');
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
