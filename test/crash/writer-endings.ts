import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Lets a writer work on `disk`, an ext4 in an image file behind a loop device, until its
 * standard input ends. What the image held at one instant is what a power cut leaves; it is
 * mounted, so that ext4 recovers, and `found` is a copy of the writer's files there.
 *
 * An image that is copied while it is written is of no instant: a checkpoint in between would look
 * like a loss. So it lies on a file system of its own, `tray`, which is frozen for as long as the
 * copying takes. The writer dies before that thaws: all that it ever said, it said before the cut.
 *
 * Everything happens in namespaces of its own. When the shell ends, however that comes about, the
 * kernel ends the writer, unmounts everything and frees the loop devices.
 */
const CUT = `
  set -e
  cd "$0"
  mkdir -p tray disk cut
  truncate -s 160M tray.img
  mkfs.ext4 -q -F -O ^has_journal tray.img
  mount -o loop tray.img tray
  if [ -e disk.img ]; then
    cp --sparse=always disk.img tray
  else
    truncate -s 64M tray/disk.img
    mkfs.ext4 -q -F tray/disk.img
  fi
  device=$(losetup --find --show --direct-io=on tray/disk.img)
  mount "$device" disk
  losetup --detach "$device"
  writes() {
    read -r _ _ _ _ count _ <"/sys/block/\${device#/dev/}/stat"
    echo "$count"
  }
  mkdir -p disk/data

  "$@" disk/data </dev/null & writer=$!
  exec >&2
  read -r line || true

  fsfreeze --freeze tray
  # What ends frozen never ends.
  trap 'fsfreeze --unfreeze tray' EXIT
  before=$(writes)
  cp --sparse=always tray/disk.img disk.img
  kill -KILL $writer
  after=$(writes)
  fsfreeze --unfreeze tray
  trap - EXIT
  wait $writer 2>/dev/null || true
  if [ "$before" != "$after" ]; then
    echo 'The disk was written while it was copied.'
    exit 1
  fi

  mount -o loop disk.img cut
  mkdir -p cut/data
  cp -a cut/data found
`;
/** A writer that writes nothing, to see whether all that can be done. */
const IDLE = ['sh', '-c', 'exec sleep 60'];
const UNSHARE = ['unshare', '--mount', '--pid', '--fork', '--kill-child'];

/** What is left of that where nothing can be mounted: the disk stays on. */
const KILL = `
  set -e
  cd "$0"
  mkdir -p data
  "$@" data </dev/null & writer=$!
  exec >&2
  read -r line || true
  kill -KILL $writer
  wait $writer 2>/dev/null || true
  cp -a data found
`;

/** How a writer ends. */
export interface Ending {
  readonly name: string;
  readonly argv: readonly string[];
  /** How often it takes something from a writer that does not wait for the disk. */
  readonly losesUnsynced: Frequency;
}

type Frequency = 'never' | 'sometimes' | 'most times';

/** How often something happened, in words. */
export function frequency(count: number, all: number): Frequency {
  if (count === 0) return 'never';
  return count > all / 2 ? 'most times' : 'sometimes';
}

/** A power cut where disks can be mounted, else a kill; its name says why. */
export function endingHere(): Ending {
  const argv = [...UNSHARE, 'sh', '-c', CUT];
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-disk-'));
  try {
    const [program = '', ...options] = argv;
    const { status, stderr, error } = spawnSync(program, [...options, folder, ...IDLE], {
      encoding: 'utf8',
    });
    if (status === 0) return { name: 'a power cut', argv, losesUnsynced: 'most times' };
    const reason = (error?.message ?? stderr).trim().split('\n').at(-1);
    const name = `a kill, since no disk can be mounted here (${reason})`;
    return { name, argv: ['sh', '-c', KILL], losesUnsynced: 'never' };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
