import { statfs } from 'node:fs/promises';

/** The space of the disk that a folder lies on, in bytes. */
export interface DiskSpace {
  /** What this process may still write. */
  readonly free: number;
  readonly all: number;
}

/** Measures a disk. Rejects where the system does not say. */
export type MeasureSpace = () => Promise<DiskSpace>;

/** The space of what is on no disk: as much as anybody wants. */
export const anySpace: MeasureSpace = async () => ({
  free: Number.MAX_SAFE_INTEGER,
  all: Number.MAX_SAFE_INTEGER,
});

/** Measures the disk of this folder. */
export function spaceOf(directory: string): MeasureSpace {
  return async () => {
    const { bavail, blocks, bsize } = await statfs(directory);
    return { free: bavail * bsize, all: blocks * bsize };
  };
}
