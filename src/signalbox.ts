import type { EventDraft } from './events/event.ts';
import type { Catalog } from './flows/catalog.ts';
import type { Store } from './store/contract.ts';

/** The running engine as the server and the command line see it. */
export interface Signalbox {
  readonly store: Store;
  /** The catalog in force now. */
  catalog(): Catalog;
  /** The catalog under which the event at `seq` is matched. */
  catalogAt(seq: number): Promise<Catalog>;
  /** Records an event and resolves when it is durable. Never throws for a bad draft: it says so. */
  emit(draft: EventDraft): Promise<EmitResult>;
  status(): Status;
  /** Takes no new work, lets steps end for as long as allowed, closes the store. Safe twice. */
  stop(): Promise<void>;
}

export type EmitResult =
  | { readonly kind: 'accepted'; readonly id: string; readonly seq: number; readonly duplicate: boolean }
  /** The id is in the log with other content, as `seq`. */
  | { readonly kind: 'conflict'; readonly id: string; readonly seq: number }
  | { readonly kind: 'invalid'; readonly problem: string }
  /** Not recorded: come again after `retryAfterMs`. */
  | { readonly kind: 'refused'; readonly reason: 'disk_full' | 'busy' | 'stopping'; readonly retryAfterMs: number };

export interface Status {
  readonly state: 'running' | 'degraded' | 'draining';
  readonly degraded: readonly { readonly part: string; readonly reason: string; readonly since: string }[];
  /** Events that the router has not seen yet. */
  readonly lag: number;
  /** Steps under way, and how many may be. */
  readonly running: number;
  readonly slots: number;
  readonly flows: number;
  /** A catalog in the files that differs from the one in force, if any: its hash. */
  readonly pending: string | undefined;
}
