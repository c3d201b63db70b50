import type { Json } from '../../../std/json.ts';

/** What a module's process is told on its standard input. */
export interface ModuleCall {
  /** The module's URL. */
  readonly module: string;
  readonly input: Json;
  readonly about: Json;
  /** The file that its answer goes to. */
  readonly answer: string;
}

/** What it writes as its answer. */
export type ModuleAnswer =
  | { readonly kind: 'done'; readonly output: Json; readonly emits: readonly ModuleEmission[] }
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly code: string;
      /** Whether it would fail again. */
      readonly final: boolean;
      readonly afterMs?: number;
    };

/** An event that a module asks to have recorded with its completion. */
export interface ModuleEmission {
  readonly type: string;
  readonly data: Json;
  readonly subject?: string;
}
