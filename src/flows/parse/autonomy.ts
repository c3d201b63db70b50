import { z } from 'zod';
import { AUTONOMY_LEVELS, type Autonomy } from '../flow.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { pick, type YamlMapping } from './yaml-node.ts';

/** A level of autonomy as it is written, for a flow or for all. */
export const autonomySchema = z.literal([...AUTONOMY_LEVELS], {
  error: 'is 0 (observe), 1 (propose), 2 (automatic below the risk threshold) or 3 (automatic)',
});

/** The key of a flow that says how much of it happens without a person. */
export const writtenAutonomy = { autonomy: autonomySchema };

const schema = z.strictObject({ autonomy: autonomySchema.optional() });

/** Reads the level of a flow; undefined where it has none, or a wrong one, which is reported. */
export function readAutonomyOf(node: YamlMapping, report: Report): Autonomy | undefined {
  return readWith(schema, pick(node, ['autonomy']), { report, what: 'a flow' })?.autonomy;
}
