import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../std/atomic-file.ts';
import { messageOf } from '../std/errors.ts';
import { wellFormed } from '../std/escape.ts';
import type { Channel, Delivery, Message } from './channel.ts';
import { bodyOf } from './webhook.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** A name of a file that is longer is shortened to its digest. */
const NAME_LENGTH_MAX = 128;

/**
 * Keeps messages in a folder, a file each, named by its dedupe id: what is told twice is there
 * once. `path` ends in `/`, or is a folder already. Any other path is a file that gets one line of
 * JSON a message, in one write.
 */
export function inboxChannel(name: string, path: string): Channel {
  return {
    name,
    send: async (message) =>
      writing(() => {
        if (isFolder(path)) keepFile(path, message);
        else keepLine(path, message);
      }),
  };
}

/** A file of lines for each who is told, in one folder. */
export function inboxesChannel(name: string, folder: string): Channel {
  return {
    name,
    send: async (message) =>
      writing(() => keepLine(join(folder, `${fileName(message.to || 'all')}.jsonl`), message)),
  };
}

function writing(write: () => void): Delivery {
  try {
    write();
    return { kind: 'sent' };
  } catch (error) {
    return { kind: 'failed', reason: `it could not be written: ${messageOf(error)}` };
  }
}

function isFolder(path: string): boolean {
  if (/[\\/]$/.test(path)) return true;
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function keepFile(folder: string, message: Message): void {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  const text = `${JSON.stringify(bodyOf(message))}\n`;
  writeFileAtomic(join(folder, `${fileName(message.dedupeId)}.json`), text, FILE_MODE);
}

/** Where the line before was cut short, as by a full disk, this one begins a new one. */
function keepLine(path: string, message: Message): void {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const file = openSync(path, 'a+', FILE_MODE);
  try {
    const line = `${JSON.stringify(bodyOf(message))}\n`;
    const text = endsInLine(file) ? line : `\n${line}`;
    const bytes = Buffer.from(text, 'utf8');
    if (writeSync(file, bytes) < bytes.length) throw new Error('the disk took a part of it only');
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function endsInLine(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last.toString() === '\n';
}

/** A text from anywhere as the name of a file in its folder, and of no other place. */
function fileName(text: string): string {
  const name = encodeURIComponent(wellFormed(text)).replaceAll(/^\.+/g, '_');
  if (name.length <= NAME_LENGTH_MAX) return name;
  return createHash('sha256').update(text).digest('hex');
}
