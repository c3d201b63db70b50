import { z } from 'zod';

/** Letters and digits of any script first; no blanks, since names are typed as arguments. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.:-]{0,127}$/u;

/** What a name of a flow is made of, as the end of a sentence. */
export const FLOW_NAME_RULE = 'names no flow: use letters, digits and "_.:-", at most 128';

/** Whether a flow may have the name. */
export function isFlowName(name: string): boolean {
  return NAME.test(name);
}

/** The name of a flow, as it is written where one is named. */
export const flowNameSchema = z.string().refine(isFlowName, FLOW_NAME_RULE);
