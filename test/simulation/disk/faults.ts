export type DiskOperation = 'read' | 'write' | 'resize' | 'sync' | 'delete';

/** What goes wrong from the moment it is planned; operations are counted from then on, from 1. */
export interface DiskFaults {
  /** The machine stops before this change: a write, resize, sync or delete. */
  readonly stopAtChange?: number;
  /** One operation of a kind fails, or all from it on. */
  readonly fail?: FailingOperation;
  /** No file grows once all files together hold this many bytes. */
  readonly capacityBytes?: number;
  /** Syncs answer that all is well and do nothing. */
  readonly lyingSync?: boolean;
}

export interface FailingOperation {
  readonly operation: DiskOperation;
  readonly at: number;
  readonly reason: 'io' | 'full';
  readonly lasting?: boolean;
}

/** Why an operation of the simulated disk failed. */
export class DiskFault extends Error {
  readonly reason: 'io' | 'full' | 'stopped';
  readonly operation: DiskOperation;

  constructor(reason: 'io' | 'full' | 'stopped', operation: DiskOperation) {
    super(`simulated ${operation}: ${reason}`);
    this.reason = reason;
    this.operation = operation;
  }
}

/** Counts operations and throws where the plan says so. */
export class FaultPlan {
  readonly faults: DiskFaults;
  readonly #counts = { read: 0, write: 0, resize: 0, sync: 0, delete: 0 };
  #stopped = false;
  #struck = false;

  constructor(faults: DiskFaults) {
    this.faults = faults;
  }

  get counts(): Readonly<Record<DiskOperation, number>> {
    return this.#counts;
  }

  /** Whether the machine has stopped. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whether anything that was planned has happened. */
  get struck(): boolean {
    return this.#struck;
  }

  /** How many operations changed the disk. */
  get changes(): number {
    const { write, resize, sync, delete: deleted } = this.#counts;
    return write + resize + sync + deleted;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** @throws DiskFault where this operation is one that fails. */
  begin(operation: DiskOperation): void {
    if (this.#stopped) throw new DiskFault('stopped', operation);
    const count = ++this.#counts[operation];
    if (operation !== 'read' && this.changes === this.faults.stopAtChange) {
      this.#stopped = true;
      this.#strike('stopped', operation);
    }
    const { fail } = this.faults;
    if (fail === undefined || fail.operation !== operation) return;
    if (count === fail.at || (fail.lasting === true && count > fail.at)) {
      this.#strike(fail.reason, operation);
    }
  }

  /** @throws DiskFault where the disk may not hold so many bytes. */
  assertSpace(bytes: number): void {
    const { capacityBytes = Number.POSITIVE_INFINITY } = this.faults;
    if (bytes > capacityBytes) this.#strike('full', 'write');
  }

  #strike(reason: DiskFault['reason'], operation: DiskOperation): never {
    this.#struck = true;
    throw new DiskFault(reason, operation);
  }
}
