import type { Project } from './project.ts';

/** A file to be written. */
export interface NewFile {
  /** Relative to the folder. */
  readonly path: string;
  /** What it is for, in a few words. */
  readonly purpose: string;
  readonly text: string;
  /** Whether it is for its owner alone. */
  readonly isPrivate?: boolean;
  /** Whether one that is there already is as good, and stays. */
  readonly mayBeThere?: boolean;
}

/** What a template is filled with beside the project. */
export interface Setup {
  readonly project: Project;
  /** The time zone of this machine, such as `Europe/Berlin`. */
  readonly timezone: string;
  /** A text that nobody guesses, fit for a secret. */
  readonly secret: string;
}

/** A configuration to begin with. */
export interface Template {
  readonly name: string;
  readonly brief: string;
  /** Why the template does not fit the project, and what to do; undefined where it does. */
  readonly misfit?: (project: Project) => string | undefined;
  readonly files: (setup: Setup) => readonly NewFile[];
  /** A command that shows something at once, as the words behind `signalbox`. */
  readonly tryIt: (project: Project) => readonly string[];
}
