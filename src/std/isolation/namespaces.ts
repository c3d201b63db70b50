import type { Hiding } from './hiding.ts';
import type { Isolation } from './isolation.ts';

/** The programs that namespaces are made with, as absolute paths. */
export interface NamespaceTools {
  readonly sh: string;
  readonly unshare: string;
  readonly mount: string;
  readonly setpriv: string;
}

/** The programs' names. */
export const NAMESPACE_TOOLS = ['sh', 'unshare', 'mount', 'setpriv'] as const;

/** What the script says, and with which code it ends, where a mount did not come about. */
const FAILURE = { code: 125, text: 'signalbox: the command could not be isolated' };
/** `unshare` itself ends so where the machine has no namespace to give. */
const REFUSED = { code: 1, text: /^unshare: (unshare|write|cannot|failed|mount)/ };
/** From then on no program brings rights with it. */
const NO_NEW = '--no-new-privs';
const OPTIONS = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'];
/** The devices that root keeps: without these hardly any program works. */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`);

/**
 * Isolation by namespaces of the kernel, made with util-linux. What is mounted stands in the file
 * `tableFile`, so that one process mounts it all: see `mountTable`.
 *
 * A shell stays as the first process of the namespace, since the kernel lets that one ignore
 * signals. It keeps what rights there are; the command has none over it.
 */
export function namespaces(tools: NamespaceTools, hiding: Hiding, tableFile: string): Isolation {
  const words = [
    tools.unshare,
    ...(hiding.user === 0 ? [] : ['--user', '--map-root-user']),
    ...OPTIONS,
    tools.sh,
    '-c',
    scriptOf(tools, hiding, tableFile),
    'isolation',
  ];
  return {
    way: 'namespaces',
    wrap: (argv) => [...words, ...argv],
    isFailure: (end) => {
      if (end.kind !== 'exited') return false;
      const told = end.stderr.bytes.toString('latin1');
      if (end.code === FAILURE.code) return told.trimEnd().endsWith(FAILURE.text);
      return end.code === REFUSED.code && REFUSED.text.test(told);
    },
  };
}

/** What is mounted before a command begins, in the form of `fstab(5)`. */
export function mountTable({ folders, files, above, readOnly, user }: Hiding): string {
  const entries = [
    ...folders.map((path) => ['none', path, 'tmpfs', `ro,mode=555,size=4k,${HARMLESS}`]),
    ...files.map((path) => ['/dev/null', path, 'none', 'bind']),
    ...readOnly.map((path) => [path, path, 'none', 'bind,ro']),
    ...(user === 0 ? DEVICES.map((path) => [path, path, 'none', 'bind']) : []),
    // With all that is mounted in them by then, and the innermost first: a folder that was entered
    // before is the one below, where the same has to be hidden.
    ...above.toReversed().map((path) => [path, path, 'none', 'rbind']),
  ];
  return entries.map((entry) => `${entry.map(escapeField).join(' ')} 0 0\n`).join('');
}

const HARMLESS = 'nosuid,nodev,noexec';

function escapeField(text: string): string {
  return text.replaceAll(
    /[\s\\#]/g,
    (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}

function scriptOf(tools: NamespaceTools, { user, group }: Hiding, tableFile: string): string {
  const { mount, unshare, setpriv } = tools;
  const prepare = [
    [mount, '-a', '-T', tableFile],
    // The devices that are bound already keep working.
    ...(user === 0 ? [[mount, '-o', 'remount,bind,nodev', '/dev']] : []),
  ];
  const none = [NO_NEW, '--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all'];
  const mapped = [unshare, '--user', `--map-user=${user}`, `--map-group=${group}`, '--'];
  const enter = user === 0 ? [setpriv, ...none, '--'] : [...mapped, setpriv, NO_NEW, '--'];
  return [
    `${prepare.map(quoted).join(' && ')} || { echo '${FAILURE.text}' >&2; exit ${FAILURE.code}; }`,
    // What the shell itself would say of a command that a signal ended is not the command's.
    'exec 3>&2 2> /dev/null',
    // From the folder below what was mounted over it to the one that its path names.
    'cd -- "$PWD" && unset PWD OLDPWD',
    `${quoted(enter)} "$@" 2>&3 3>&-`,
    // Else a shell may let the command take its own place.
    'exit $?',
  ].join('\n');
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}
