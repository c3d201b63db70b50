import type { CommandEnd } from '../command.ts';
import type { Hiding } from './hiding.ts';
import type { Isolation } from './isolation.ts';

/** How bubblewrap ends when it could not start the command, and what it says then. */
const FAILURE = { code: 1, text: /^bwrap: / };

const OPTIONS = ['--unshare-pid', '--cap-drop', 'ALL', '--'];

/**
 * Isolation by bubblewrap, the fastest way: it needs one process. It does without
 * `--die-with-parent`, since the SIGTERM that asks a command to end would end it at once.
 */
export function bubblewrap(program: string, hiding: Hiding): Isolation {
  const words = [
    program,
    ...rootOf(hiding),
    ...hiding.above.flatMap((folder) => [
      hiding.user === 0 ? '--bind' : '--dev-bind',
      folder,
      folder,
    ]),
    '--proc',
    '/proc',
    ...hiding.readOnly.flatMap((path) => ['--ro-bind', path, path]),
    ...hiding.folders.flatMap((folder) => ['--tmpfs', folder, '--remount-ro', folder]),
    ...hiding.files.flatMap((file) => ['--ro-bind', '/dev/null', file]),
    ...OPTIONS,
  ];
  return {
    way: 'bubblewrap',
    wrap: (argv) => [...words, ...argv],
    isFailure: (end) =>
      end.kind === 'exited' && end.code === FAILURE.code && FAILURE.text.test(toldBy(end)),
  };
}

/** Root is the owner of the disks' devices and of the kernel's settings. */
function rootOf({ user }: Hiding): readonly string[] {
  if (user !== 0) return ['--dev-bind', '/', '/'];
  return ['--bind', '/', '/', '--dev', '/dev'];
}

function toldBy({ stderr }: Extract<CommandEnd, { kind: 'exited' }>): string {
  return stderr.bytes.toString('latin1');
}
