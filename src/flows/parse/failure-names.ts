import { z } from 'zod';
import type { FailureName } from '../flow.ts';

/** How many failures one key may name. */
const FAILURE_NAMES_MAX = 100;
const CODE_LENGTH_MAX = 128;

const CODE = /^[A-Za-z_]\w*(?:\.\w+)*$/;
const PREFIX = /^(?:[A-Za-z_][\w.]*)?\*$/;
const STATUS_CLASS = /^[1-5]xx$/;
const STATUS = /^\d{1,3}$/;
const STATUS_MAX = 999;

const FORMS =
  'names no failure; write an error code ("step.timeout"), a prefix of codes ("http.*"), ' +
  `a class of statuses ("5xx"), or an exit code or status (0 to ${STATUS_MAX})`;
const COUNT = `must name between 1 and ${FAILURE_NAMES_MAX} failures`;

/** `retry_on` and `never_on`: the name of a failure, or a list of them. */
export const failureNamesSchema = z.unknown().transform((written, context): FailureName[] => {
  const list: readonly unknown[] = Array.isArray(written) ? written : [written];
  if (list.length === 0 || list.length > FAILURE_NAMES_MAX) {
    context.addIssue({ code: 'custom', message: COUNT });
    return z.NEVER;
  }
  return list.flatMap((item, index) => {
    const name = failureName(item);
    if (name !== undefined) return name;
    const path = Array.isArray(written) ? [index] : [];
    context.addIssue({ code: 'custom', message: FORMS, path });
    return [];
  });
});

/** What a value names; undefined where it names nothing that could happen to a step. */
function failureName(value: unknown): FailureName | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= 0 && value <= STATUS_MAX ? value : undefined;
  }
  if (typeof value !== 'string' || value.length > CODE_LENGTH_MAX) return undefined;
  if (STATUS.test(value)) return Number(value);
  return [CODE, PREFIX, STATUS_CLASS].some((form) => form.test(value)) ? value : undefined;
}
