import { z } from 'zod';
import { ON_ERROR, type OnError } from '../flow.ts';
import type { Report } from './report.ts';
import { readWith } from './schema-reading.ts';
import { pick, type YamlMapping } from './yaml-node.ts';

const onErrorSchema = z
  .strictObject({ on_error: z.enum(ON_ERROR).optional() })
  .transform(({ on_error: onError }): WrittenOnError => ({ onError }));

/** What the failure of a step means for its run, where that is written. */
export interface WrittenOnError {
  readonly onError?: OnError | undefined;
}

/** Reads the `on_error` of a step; undefined where it is wrong, which is reported. */
export function readOnError(node: YamlMapping, report: Report): WrittenOnError | undefined {
  return readWith(onErrorSchema, pick(node, ['on_error']), { report, what: 'a step' });
}
