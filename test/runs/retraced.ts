import { expect } from 'vitest';
import type { Flow } from '../../src/flows/flow.ts';
import { compareRun } from '../../src/runs/recorded/compare.ts';
import type { Store } from '../../src/store/contract.ts';
import { flowsOf, readRecording } from '../../src/views/read-recording.ts';

/** What a run was done by, and with. */
export interface Done {
  readonly store: Store;
  readonly flows: ReadonlyMap<string, Flow>;
}

/**
 * Goes the way of a run once more by the definitions by which it went: that must be the same, as
 * far as anybody can tell. Tells why nobody could, or how it is the same.
 */
export async function retraced(id: number, { store, flows }: Done, seed: number): Promise<string> {
  const catalog = { hash: 'c1', files: [], flows };
  const status = (): { lag: number; paused: [] } => ({ lag: 0, paused: [] });
  const reader = { store, catalogAt: async () => catalog, status };
  const row = await store.run(id);
  const [event] = row === undefined ? [] : await store.readAt([row.event]);
  if (row === undefined || event === undefined) throw new Error(`run ${id} is gone`);
  const recording = await readRecording(reader, row, event);
  if ('problem' in recording) throw new Error(recording.problem);
  const side = { identity: store.identity, flow: flowsOf(catalog) };
  const { run } = recording;
  const comparison = compareRun(run, side, { flow: run.flow, side });
  expect(comparison.kind, `seed ${seed}: ${JSON.stringify(comparison)}`).not.toBe('differs');
  return comparison.kind === 'unknown' ? comparison.reason.replaceAll(/".*?"/g, 'X') : 'same';
}
