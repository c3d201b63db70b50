import { type Project, SCHEMA_PATH } from './project.ts';

/** Where the flows of the templates keep what they found: a folder that no project has. */
export const REPORTS = 'signalbox-reports';

/** Folders that hold no sources, whatever git leaves out. */
const NO_SOURCES = [
  `${REPORTS}/**`,
  '**/node_modules/**',
  '**/{dist,build,coverage,target}/**',
  '**/.venv/**',
];

/** The lines that every configuration begins with: for editors, and for who opens it first. */
export function head({ hasSchema }: Project, about: readonly string[]): string {
  const install = hasSchema
    ? []
    : ['(An editor finds the schema once it is installed: npm install --save-dev signalbox)'];
  const lines = [`yaml-language-server: $schema=./${SCHEMA_PATH}`, ...install, ...about];
  return `${comment(lines)}\n`;
}

/** Each line behind a `#`. */
export function comment(lines: readonly string[]): string {
  return lines.map((line) => `#${line === '' ? '' : ` ${line}`}\n`).join('');
}

/** The settings that are most asked for, each with its default. */
export const SETTINGS = `
# More may stand here. Each line shows the default.
# port: 8765                        # of the API, for the command line and for programs
# max_concurrent_handlers: 16       # how many runs are under way at once
`;

/** A source of changed files, as an item of \`sources\`. */
export function fileSource(patterns: readonly string[], handler: string): string {
  return `  - type: file_change
    name: sources
    path: .
    pattern: ${inline(patterns)}
    ignore: ${inline(NO_SOURCES)}
    debounce_ms: 500                # what changes together is one event
    handler: ${handler}
`;
}

/** A list on one line. JSON is YAML, so no text in it can mean anything else. */
export function inline(list: readonly string[]): string {
  return `[${list.map((text) => JSON.stringify(text)).join(', ')}]`;
}
