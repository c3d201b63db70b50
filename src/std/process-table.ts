import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process at one moment. Its start tells it from a later one with the same number. */
export interface ProcessEntry {
  readonly pid: number;
  /** In ticks since the machine started, as the kernel writes it. */
  readonly start: string;
}

/** A process and who started it, or took it over. */
export interface ProcessStatus extends ProcessEntry {
  readonly parent: number;
}

/** How many processes are looked at before the daemon's other work gets its turn. */
const BATCH_SIZE = 64;

/** The processes of this machine, as Linux shows them in files. Elsewhere it is empty. */
export class ProcessTable {
  readonly folder: string;

  constructor(folder = '/proc') {
    this.folder = folder;
  }

  /** Whether this system shows its processes at all. */
  get available(): boolean {
    return existsSync(join(this.folder, 'self/environ'));
  }

  /** The process as it is now; undefined where it has ended, or cannot be seen. */
  entry(pid: number): ProcessStatus | undefined {
    const text = this.#read(pid, 'stat')?.toString('latin1');
    if (text === undefined) return undefined;
    // The second field is the program's name in parentheses, and may itself hold both signs.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, parent] = fields;
    const start = fields[19];
    // A zombie has ended: only its parent has not asked how.
    if (start === undefined || state === 'Z') return undefined;
    return { pid, parent: Number(parent), start };
  }

  /** What `root` started, and what that started, as far as the parents in between still live. */
  descendants(root: ProcessEntry): ProcessStatus[] {
    if (this.entry(root.pid)?.start !== root.start) return [];
    const all = this.#numbers().flatMap((pid) => this.entry(pid) ?? []);
    const found: ProcessStatus[] = [];
    let parents = new Set([root.pid]);
    while (parents.size > 0) {
      const children = all.filter((process) => parents.has(process.parent));
      found.push(...children);
      parents = new Set(children.map((child) => child.pid));
    }
    return found;
  }

  /**
   * The processes in whose environment `marker` stands, each given out as soon as it is found.
   *
   * An environment stays what it was at the process's start and is handed on to what that starts,
   * into whichever group or session it goes. Only what empties its environment is not found. The
   * daemon itself and what also carries `except` are left out.
   */
  async *marked(marker: string, except?: string): AsyncGenerator<number> {
    for (const [index, pid] of this.#numbers().entries()) {
      const environment = this.#read(pid, 'environ');
      const excepted = except !== undefined && environment?.includes(except);
      if (environment?.includes(marker) && !excepted && pid !== process.pid) yield pid;
      if (index % BATCH_SIZE === BATCH_SIZE - 1) await new Promise(setImmediate);
    }
  }

  #numbers(): number[] {
    try {
      return readdirSync(this.folder)
        .filter((name) => /^\d+$/.test(name))
        .map(Number);
    } catch {
      return [];
    }
  }

  /** Undefined where the process has ended, or is somebody else's. */
  #read(pid: number, file: string): Buffer | undefined {
    try {
      return readFileSync(join(this.folder, String(pid), file));
    } catch {
      return undefined;
    }
  }
}
