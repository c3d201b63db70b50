import type { OwnTool } from '../../../flows/tool.ts';
import type { Emission, StepContext, StepResult } from '../../../runs/step-kind.ts';
import type { RunOptions } from '../../run.ts';
import type { Mode } from './mode.ts';

/** Finds a tool that the files of a catalog bring. */
export type FindTool = (catalog: string, tool: string) => Promise<OwnTool | undefined>;

/** What calling tools of a user's stands on. */
export interface OwnToolOptions extends RunOptions {
  readonly find: FindTool;
  /** The file that is the body of a module's process. */
  readonly entry: URL;
  /** Nobody sits before a call where it is left out. */
  readonly mode?: Mode | undefined;
  /** Hears what a command printed beside its result. */
  readonly onLog?: ((text: string) => void) | undefined;
}

/** A call under way. */
export interface OwnCall {
  readonly context: StepContext;
  readonly options: OwnToolOptions;
}

/** What came of a call's process, and what it emitted meanwhile, as far as it told us so. */
export interface Ended {
  readonly result: StepResult;
  readonly events: readonly Emission[];
  /** What is wrong with these, as the end of a sentence about the tool. */
  readonly problem?: string;
}
