import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../std/json.ts';
import { ProcessTable } from '../std/process-table.ts';
import { writeFileAtomic } from '../std/atomic-file.ts';

/** What a running daemon leaves in its data directory, so that commands find it. */
export interface DaemonRecord {
  readonly pid: number;
  readonly url: string;
  readonly token_file: string;
  readonly epoch: number;
  /** ISO 8601. */
  readonly started: string;
  /** When the process began, as the system counts: so it is told from a later one of its number. */
  readonly process_start?: string | undefined;
}

const FILE = 'daemon.json';

/** Leaves word of this daemon. Only its owner may read it. */
export function writeDaemonRecord(dataDirectory: string, record: DaemonRecord): void {
  writeFileAtomic(join(dataDirectory, FILE), `${JSON.stringify(record)}\n`, 0o600);
}

/** Takes the record away, unless another daemon has written its own since. */
export function removeDaemonRecord(dataDirectory: string, pid: number): void {
  if (readRecord(dataDirectory)?.pid === pid) rmSync(join(dataDirectory, FILE), { force: true });
}

/** The daemon that works on this directory; undefined where there is none, or where it died. */
export function findDaemon(dataDirectory: string): DaemonRecord | undefined {
  const record = readRecord(dataDirectory);
  return record !== undefined && isRunning(record) ? record : undefined;
}

/** When a process began, for a record; undefined where it has ended, or the system does not say. */
export function startOf(pid: number): string | undefined {
  return new ProcessTable().entry(pid)?.start;
}

/** Whether the process that left the record still runs, as far as the system tells. */
export function isRunning({
  pid,
  process_start,
}: Pick<DaemonRecord, 'pid' | 'process_start'>): boolean {
  const isToldApart = typeof process_start === 'string' && new ProcessTable().available;
  return isToldApart ? startOf(pid) === process_start : isAlive(pid);
}

function readRecord(dataDirectory: string): DaemonRecord | undefined {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(join(dataDirectory, FILE), 'utf8'));
  } catch {
    // Absent, unreadable or not ours: to a command all three mean that no daemon can be found here.
    return undefined;
  }
  return isRecord(content) ? content : undefined;
}

function isRecord(content: unknown): content is DaemonRecord {
  return (
    isObject(content) &&
    typeof content['pid'] === 'number' &&
    typeof content['url'] === 'string' &&
    typeof content['token_file'] === 'string'
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process lives as well.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
