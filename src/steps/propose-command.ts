import type { CommandContent, Proposed } from '../gates/content.ts';
import { sha256 } from '../std/canonical-json.ts';
import { namedFiles } from './bound-files.ts';
import type { RunInput } from './run-input.ts';

/** A command as it would be started. */
export type ProposedCommand = Pick<RunInput, 'argv' | 'directory' | 'environment' | 'stdin'> & {
  /** The text that a shell reads, where one does. */
  readonly script?: string | undefined;
};

/** What a command would do, with the bytes of the files that its words name. */
export async function proposeCommand(
  command: ProposedCommand,
): Promise<Proposed & { readonly content: CommandContent }> {
  const { argv, directory, environment, stdin, script } = command;
  const words = script === undefined ? argv : wordsOf(script);
  const { files, unbound } = await namedFiles(words, directory);
  const [program = ''] = argv;
  const content: CommandContent = {
    kind: 'command',
    argv,
    directory,
    environment: Object.keys(environment).toSorted(),
    stdin: stdin === undefined ? null : sha256(stdin),
  };
  const found = program.includes('/') ? [] : [`the program ${program}, as PATH finds it`];
  return { content, files, unbound: [...found, ...unbound, ALWAYS] };
}

const ALWAYS =
  'what the command reads besides: files that it does not name, the network, the clock';

/** What may name files in the text of a shell: its words, without what quotes them. */
function wordsOf(script: string): string[] {
  return script.split(/[\s;|&<>()`$"']+/).filter((word) => word !== '');
}
