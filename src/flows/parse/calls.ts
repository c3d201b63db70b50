import { suggestion } from '../../std/diagnostics.ts';
import type { FlowMention } from './context.ts';
import type { FlowTable } from './flow-table.ts';
import { showRing } from './ring-text.ts';
import { findRings, type Graph } from './rings.ts';

/** How many unknown names get a suggestion: each is compared with all names there are. */
const SUGGESTIONS_MAX = 100;

/** Reports calls of flows that are not there, and calls that come back to their own flow. */
export function reportCalls(called: readonly FlowMention[], table: FlowTable): void {
  const unknown = called.filter(({ calls }) => !table.has(calls));
  for (const [index, { calls, at, report }] of unknown.entries()) {
    const near = index < SUGGESTIONS_MAX ? suggestion(calls, table.names) : '';
    const tail = near || '; write it under "flows" or "handlers"';
    report({ at, code: 'config.unknown_name', message: `no flow is called "${calls}"${tail}` });
  }
  for (const { flow, calls, at, report } of called) {
    if (!table.isOff(calls) || table.isOff(flow)) continue;
    const message = `the flow "${calls}" is disabled; remove its "enabled: false", or this call`;
    report({ at, code: 'config.invalid', message });
  }
  const arcs = called.map((mention) => ({ from: mention.flow, to: mention.calls, mention }));
  for (const { arc, ring } of findRings(arcs, callGraph(called))) {
    const { at, report } = arc.mention;
    const message = `these calls come back to where they began: ${showRing(ring)}; remove one`;
    report({ at, code: 'config.cycle', message });
  }
}

/** Which flows each flow calls. */
function callGraph(called: readonly FlowMention[]): Graph {
  const graph = new Map<string, string[]>();
  for (const { flow, calls } of called) {
    const known = graph.get(flow);
    if (known === undefined) graph.set(flow, [calls]);
    else known.push(calls);
  }
  return graph;
}
