import { posix } from 'node:path';

/** A program and its arguments, without what only stands before it. */
export interface Command {
  /** Without its folder, in small letters. */
  readonly program: string;
  readonly words: readonly string[];
}

/** Commands that are looked for in one act, and how deep shells may stand in shells. */
const COMMANDS_MAX = 1_000;
const DEPTH_MAX = 4;

/** Programs that run another one, with those of their options that take a value. */
const WRAPPERS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['env', new Set(['-u', '--unset', '-C', '--chdir', '-S', '--split-string'])],
  ['sudo', new Set(['-u', '-g', '-h', '-p', '-C', '-D', '--user', '--group'])],
  ['doas', new Set(['-u', '-C'])],
  ['nice', new Set(['-n', '--adjustment'])],
  ['ionice', new Set(['-c', '-n', '-p'])],
  ['timeout', new Set(['-k', '-s', '--kill-after', '--signal'])],
  ['xargs', new Set(['-a', '-d', '-E', '-I', '-L', '-n', '-P', '-s'])],
  ['stdbuf', new Set(['-i', '-o', '-e'])],
  ['nohup', new Set()],
  ['setsid', new Set()],
  ['time', new Set()],
  ['command', new Set()],
  ['exec', new Set(['-a'])],
  ['busybox', new Set()],
  ['npx', new Set(['-p', '--package'])],
]);

const SHELL = /^(?:ba|da|z|k|a|fi)?sh$/;

/**
 * The commands that an argument list runs, as far as its words say so: those behind `env`, `sudo`
 * and their like too, and each in a shell's text. Nothing is run, and no file is read: what a
 * script does stands in none of its words.
 */
export function commandsOf(argv: readonly string[], depth = 0): Command[] {
  const [first, ...words] = argv;
  if (first === undefined || depth > DEPTH_MAX) return [];
  const program = posix
    .basename(first.replaceAll('\\', '/'))
    .toLowerCase()
    .replace(/\.exe$/, '');
  const here: Command = { program, words };
  return [here, ...within(here, depth)].slice(0, COMMANDS_MAX);
}

function within({ program, words }: Command, depth: number): Command[] {
  if (SHELL.test(program)) {
    const at = words.findIndex((word) => /^-[a-z]*c[a-z]*$/.test(word));
    // In a text that was split already, the words behind it were one.
    return at === -1 ? [] : ofShell(words.slice(at + 1).join(' '), depth + 1);
  }
  const valued = WRAPPERS.get(program);
  if (valued === undefined) return [];
  return commandsOf(behind(words, valued, program === 'timeout' ? 1 : 0), depth + 1);
}

/** The words behind a wrapper's options, its settings of the environment and its own operands. */
function behind(words: readonly string[], valued: ReadonlySet<string>, operands: number): string[] {
  let at = 0;
  for (let word = words[at]; word !== undefined; word = words[++at]) {
    if (valued.has(word)) at++;
    else if (!word.startsWith('-') && !/^[A-Za-z_]\w*=/.test(word)) break;
  }
  return words.slice(at + operands);
}

/** The commands of a shell's text: split wherever a shell might begin one, so rather too many. */
function ofShell(text: string, depth: number): Command[] {
  return text
    .split(/[;&|\n(){}`]+|\b(?:then|do|else)\b/)
    .map((part) => part.match(/[^\s"']+/g) ?? [])
    .map((words) => words.slice(words.findIndex((word) => !/^(?:[A-Za-z_]\w*=|!$)/.test(word))))
    .flatMap((words) => commandsOf(words, depth));
}

/** The first words of a command that are no options: what it is told to do. */
export function verbsOf({ words }: Command, valued: ReadonlySet<string> = NONE): string[] {
  const verbs: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (valued.has(word)) at++;
    else if (!word.startsWith('-')) verbs.push(word.toLowerCase());
  }
  return verbs;
}

const NONE: ReadonlySet<string> = new Set();
