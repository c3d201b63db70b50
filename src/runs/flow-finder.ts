import type { Flow } from '../flows/flow.ts';

/**
 * Finds the definition that a run is pinned to; undefined where its catalog no longer names the
 * flow.
 */
export type FindFlow = (catalog: string, flow: string) => Promise<Flow | undefined>;
