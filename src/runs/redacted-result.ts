import type { Json } from '../std/json.ts';
import type { Redaction } from '../std/redact.ts';
import type { Emission, StepError, StepResult } from './step-kind.ts';

/**
 * What came of an attempt, without the secrets that are known: neither the log nor a later step
 * gets them, so that a run goes on after a crash with what it went on with before.
 */
export function redactedResult(result: StepResult, redaction: Redaction): StepResult {
  switch (result.kind) {
    case 'done': {
      const output = redactedValue(result.output, redaction);
      if (result.emits === undefined) {
        return output === result.output ? result : { ...result, output };
      }
      const emits = result.emits.map((emission) => redactedEmission(emission, redaction));
      return { ...result, output, emits };
    }
    case 'fail':
    case 'retry':
      return { ...result, error: redactedError(result.error, redaction) };
    case 'park':
      return { ...result, reason: redaction.text(result.reason) };
    default:
      return result;
  }
}

/** The value without them; itself where no secret is in it, and where it is no JSON after all. */
export function redactedValue(value: Json, redaction: Redaction): Json {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return redaction.text(value);
  const text = jsonOf(value);
  if (text === undefined) return value;
  const redacted = redaction.json(text);
  return redacted === text ? value : (JSON.parse(redacted) as Json);
}

/** What a step of somebody's own gives may be anything: whoever records it says so. */
function jsonOf(value: Json): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function redactedEmission(emission: Emission, redaction: Redaction): Emission {
  const { subject } = emission;
  return {
    ...emission,
    type: redaction.text(emission.type),
    ...(subject === undefined ? {} : { subject: redaction.text(subject) }),
    data: redactedValue(emission.data, redaction),
  };
}

function redactedError({ detail, ...error }: StepError, { text }: Redaction): StepError {
  const message = text(error.message);
  return { ...error, message, ...(detail === undefined ? {} : { detail: text(detail) }) };
}
