import type { Urgency } from './urgency.ts';

/**
 * A way to tell somebody something. A channel knows nothing of runs or the log: it is handed one
 * message, tries once, and says what came of it.
 */
export interface Channel {
  readonly name: string;
  /**
   * Whether what it is handed goes to its recipient, and not into a file of the project that steps
   * and agents may read: only then it is handed a link that decides.
   */
  readonly carriesLinks?: boolean;
  /**
   * Tries once. When `signal` is aborted it must end soon; what it gives then counts for nothing.
   * What it throws counts as `failed`.
   */
  send(message: Message, signal: AbortSignal): Promise<Delivery>;
}

/** What is handed to a channel. */
export interface Message {
  /** The same at every try and over every channel: who gets it twice can tell by it. */
  readonly dedupeId: string;
  /** Whom it is for; empty where nobody is named. */
  readonly to: string;
  /** Control characters are visible in it, and it is at most `MESSAGE_LENGTH_MAX` long. */
  readonly text: string;
  readonly urgency: Urgency;
  /** The flow, and its run as shown, that say it. */
  readonly flow: string;
  readonly run: string;
}

/** What came of one try. */
export type Delivery =
  | {
      readonly kind: 'sent';
      /** Nobody was told: it is recorded in place of that. */
      readonly muted?: true;
    }
  /** `afterMs`: when the other side wants to be asked again. */
  | { readonly kind: 'failed'; readonly reason: string; readonly afterMs?: number | undefined }
  /** Trying again would change nothing. */
  | { readonly kind: 'refused'; readonly reason: string };
