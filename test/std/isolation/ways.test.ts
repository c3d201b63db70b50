import { describe, expect, test } from 'vitest';
import type { CommandEnd } from '../../../src/std/command.ts';
import { bubblewrap } from '../../../src/std/isolation/bubblewrap.ts';
import type { Hiding } from '../../../src/std/isolation/hiding.ts';
import { mountTable, namespaces } from '../../../src/std/isolation/namespaces.ts';

const HIDING: Hiding = {
  folders: ["/srv/it's data"],
  files: ['/run/user/7/bus'],
  above: ['/srv'],
  readOnly: [],
  user: 7,
  group: 8,
};
const ROOT: Hiding = { ...HIDING, files: [], readOnly: ['/proc/sys'], user: 0, group: 0 };
const TOOLS = { sh: '/s/sh', unshare: '/s/unshare', mount: '/s/mount', setpriv: '/s/setpriv' };

describe('bubblewrap', () => {
  test('lays something empty over what is hidden, and drops all rights', () => {
    const words = bubblewrap('/s/bwrap', HIDING).wrap(['node', '--', 'a b']).join('|');
    expect(words).toMatch(/^\/s\/bwrap\|--dev-bind\|\/\|\/\|/);
    expect(words).toContain("|--tmpfs|/srv/it's data|--remount-ro|/srv/it's data|");
    expect(words).toContain('|--ro-bind|/dev/null|/run/user/7/bus|');
    // Before what lies in it, as it would cover that.
    expect(words).toContain('|/|--dev-bind|/srv|/srv|--proc|');
    expect(words).toMatch(/\|--unshare-pid\|--cap-drop\|ALL\|--\|node\|--\|a b$/);
  });

  test('gives root a few devices only, and no kernel settings to change', () => {
    const words = bubblewrap('/s/bwrap', ROOT).wrap(['id']).join('|');
    expect(words).toContain(
      '|--bind|/|/|--dev|/dev|--bind|/srv|/srv|--proc|/proc|--ro-bind|/proc/sys|',
    );
  });
});

describe('namespaces', () => {
  test('are made by one program, mounted by one and left by one', () => {
    const words = namespaces(TOOLS, HIDING, "/it's/table").wrap(['node', 'a b']);
    expect(words.slice(0, 3)).toEqual(['/s/unshare', '--user', '--map-root-user']);
    expect(words.slice(-3)).toEqual(['isolation', 'node', 'a b']);
    const script = words.at(-4) ?? '';
    expect(script).toContain(`'/s/mount' '-a' '-T' '/it'\\''s/table' ||`);
    expect(script).toContain(`'--map-user=7' '--map-group=8' '--' '/s/setpriv'`);
  });

  test('need no other user for root, and leave it without rights', () => {
    const words = namespaces(TOOLS, ROOT, '/table').wrap(['id']);
    expect(words).not.toContain('--user');
    expect(words.join(' ')).toContain(`'--bounding-set=-all' '--' "$@"`);
    expect(words.join(' ')).toContain(`'remount,bind,nodev' '/dev'`);
  });

  test('have a table in which no path can be taken for more than one field', () => {
    const lines = (hiding: Hiding): string[] => mountTable(hiding).trimEnd().split('\n');
    const odd = { ...HIDING, folders: ['/a b\tc\nd\\e#f'] };
    expect(lines(odd)).toEqual([
      expect.stringMatching(/^none \/a\\040b\\011c\\012d\\134e\\043f tmpfs ro,mode=555,\S* 0 0$/),
      '/dev/null /run/user/7/bus none bind 0 0',
      '/srv /srv none rbind 0 0',
    ]);
    expect(lines(ROOT)).toContain('/proc/sys /proc/sys none bind,ro 0 0');
  });
});

const exited = (code: number, stderr: string): CommandEnd => {
  const bytes = Buffer.from(stderr);
  const none = { bytes: Buffer.alloc(0), bytesPrinted: 0 };
  return { kind: 'exited', code, stdout: none, stderr: { bytes, bytesPrinted: bytes.length } };
};

test.each([
  [1, 'bwrap: Creating new namespace failed: No space left on device\n', 'bubblewrap'],
  [1, 'unshare: unshare failed: No space left on device\n', 'namespaces'],
  [1, 'unshare: write failed /proc/self/uid_map: Operation not permitted\n', 'namespaces'],
  [125, 'mount: no\nsignalbox: the command could not be isolated\n', 'namespaces'],
  [1, 'bad\n', undefined],
  [2, 'bwrap: unshare: bad\n', undefined],
  [125, 'docker: no such image\n', undefined],
])('code %i with %j is a failure of %s', (code, stderr, way) => {
  const ways = [bubblewrap('/s/bwrap', HIDING), namespaces(TOOLS, HIDING, '/table')];
  const failed = ways.filter((each) => each.isFailure(exited(code, stderr)));
  expect(failed.map((each) => each.way)).toEqual(way === undefined ? [] : [way]);
  const unstarted: CommandEnd = { kind: 'unstarted', reason: 'too_long' };
  expect(ways.some((each) => each.isFailure(unstarted))).toBe(false);
});
