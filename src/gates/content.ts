import { canonicalJson, sha256 } from '../std/canonical-json.ts';
import type { Json } from '../std/json.ts';

/**
 * What a proposal is about, as people are shown it: what would run, with nothing left to be filled
 * in. `kind` says what the other members are.
 */
export type Content =
  | CommandContent
  | FileContent
  | HttpContent
  | ToolContent
  | MessageContent
  | PlanContent
  | QuestionContent
  | StepContent;

/** A process that would be started. */
export interface CommandContent {
  readonly kind: 'command';
  /** The program and its arguments, each as the process gets it. */
  readonly argv: readonly string[];
  /** The absolute path that it would run in. */
  readonly directory: string;
  /** The names of the variables that the step gives it, sorted; their values are bound unseen. */
  readonly environment: readonly string[];
  /** SHA-256 of its standard input; null where it gets none. */
  readonly stdin: string | null;
}

/** A file that would be written. */
export interface FileContent {
  readonly kind: 'file';
  /** Relative to the configuration's folder. */
  readonly path: string;
  readonly content: string;
  /** SHA-256 of the file that is there now; null where there is none. */
  readonly before: string | null;
  /** From the file that is there now to what it would be, as a unified diff. */
  readonly diff: string;
}

/** A request that would be sent. */
export interface HttpContent {
  readonly kind: 'http';
  readonly method: string;
  readonly url: string;
  /** The names of its headers, sorted; their values are bound unseen. */
  readonly headers: readonly string[];
  readonly body: Json;
}

/** A tool that would be called. */
export interface ToolContent {
  readonly kind: 'tool';
  readonly tool: string;
  readonly action: string | null;
  readonly with: Json;
  /** The command that does it, where the tool is one. */
  readonly argv?: readonly string[];
}

/** Something that would be said: an event, or a question to a model. */
export interface MessageContent {
  readonly kind: 'message';
  /** The event's type, or the model. */
  readonly to: string;
  readonly subject: string | null;
  readonly body: Json;
}

/** A text that somebody is to agree to: what comes behind it is done with it. */
export interface PlanContent {
  readonly kind: 'plan';
  readonly text: string;
}

/** What a script or an agent wants to know of a person. */
export interface QuestionContent {
  readonly kind: 'question';
  readonly question: string;
  /** What may be answered; yes and no where there are none. */
  readonly choices: readonly string[];
  /** What a yes means. */
  readonly choice: string | null;
  /** What the asker is about to do, where they say it. */
  readonly act: { readonly [field: string]: Json } | null;
  /** Who asks, as the log says it. */
  readonly by: string;
}

/** A step of any other kind. */
export interface StepContent {
  readonly kind: 'step';
  readonly step: string;
  readonly input: Json;
}

/** A file whose bytes belong to what would run. */
export interface BoundFile {
  /** As it is named there. */
  readonly path: string;
  /** SHA-256 of its bytes; null where there is none. */
  readonly sha256: string | null;
}

/** What a kind of step says of an input that it would be called with. */
export interface Proposed {
  readonly content: Content;
  readonly files: readonly BoundFile[];
  /** What else decides what happens, and is not bound: each as a sentence's part, for people. */
  readonly unbound: readonly string[];
}

/** What an approval is of. The hash of its canonical form stands for all of it. */
export interface Bound {
  readonly version: 1;
  /** The idempotency key: it names the run, the step, and how often it was returned. */
  readonly key: string;
  readonly flow: string;
  readonly step: string;
  /** The kind of step. */
  readonly kind: string;
  /** The hash of the catalog that the run is pinned to. */
  readonly catalog: string;
  readonly content: Content;
  /** SHA-256 of the canonical form of all that the step is given. */
  readonly input: string;
  readonly files: readonly BoundFile[];
}

/** What is bound, in its canonical form (RFC 8785), and the hash by which it is approved. */
export interface Binding {
  readonly canonical: string;
  /** SHA-256 of `canonical`, in lower-case hexadecimal. */
  readonly hash: string;
}

/** Binds what would run. The same always has the same hash, and anything else another one. */
export function bind(bound: Bound): Binding {
  const canonical = canonicalJson(bound as unknown as Json);
  return { canonical, hash: sha256(canonical) };
}

/** What differs between two bindings, each part by its name; empty where nothing does. */
export function changes(before: string, after: string): string[] {
  const [old, present] = [before, after].map((text) => JSON.parse(text) as Bound);
  if (old === undefined || present === undefined) return [];
  const parts = (['key', 'flow', 'step', 'kind', 'catalog', 'content', 'input'] as const).filter(
    (part) => canonicalJson(old[part] as Json) !== canonicalJson(present[part] as Json),
  );
  const digests = new Map(old.files.map(({ path, sha256: digest }) => [path, digest]));
  const files = present.files
    .filter(({ path, sha256: digest }) => digests.get(path) !== digest)
    .map(({ path }) => `the file ${path}`);
  const known = new Set(present.files.map(({ path }) => path));
  const gone = old.files
    .filter(({ path }) => !known.has(path))
    .map(({ path }) => `the file ${path}`);
  return [...parts.map((part) => `its ${part}`), ...files, ...gone];
}
