import type { FlowDefinition } from '../../flows/code/flow.ts';
import type { ToolDefinition } from '../../flows/code/tool.ts';
import type { CodeHook } from '../../routing/hooks/code-hook.ts';
import type { Signalbox } from '../../signalbox.ts';
import type { Json } from '../../std/json.ts';
import type { Handling } from '../handling.ts';
import type { SecretVariables } from './secrets.ts';
import type { Following } from './subscriber.ts';

/** What code has given to a box. It grows, and is read anew at each start and reload. */
export class Given {
  readonly flows: FlowDefinition[] = [];
  readonly tools: ToolDefinition[] = [];
  readonly hooks: CodeHook[] = [];
  readonly sources: Json[] = [];
  /** What the places of its subscribers in the log are kept under. */
  readonly followers: () => readonly string[];

  constructor(followers: () => readonly string[]) {
    this.followers = followers;
  }
}

/** A box that runs. */
export interface Running extends Handling, Following {
  readonly box: Signalbox;
  /** Aborted first of all when the box stops. */
  readonly stop: AbortController;
  /**
   * Puts in force what code has given meanwhile.
   *
   * @throws SignalboxError `config.invalid` with each finding: then all stays as it was.
   */
  readonly reload: () => Promise<void>;
}

/**
 * Opens the engine of a box.
 *
 * @throws SignalboxError `config.invalid` with each finding, and what opening the data throws.
 */
export type Opener = (given: Given, secrets: SecretVariables) => Promise<Running>;
