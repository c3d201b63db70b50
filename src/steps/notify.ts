import { z } from 'zod';
import type { Accepted, NotifyRequest } from '../channels/notifier.ts';
import { URGENCIES, URGENCY_WORDS, urgencyOf } from '../channels/urgency.ts';
import { incidentKeyOf } from '../coordination/incident-signals.ts';
import type { StepShape } from '../flows/step-shape.ts';
import type { StepContext, StepKind, StepResult } from '../runs/step-kind.ts';
import { suggestion } from '../std/diagnostics.ts';
import type { Cause } from '../store/record.ts';
import { filled, inputInvalid, isFixed, shown, textOf, withInput } from './written-value.ts';

const TIMEOUT_MS = 30_000;
/** How many channels and people one step may name. */
const NAMES_MAX = 16;

const names = z.union([
  z.string().min(1),
  z.array(z.string().min(1)).min(1, 'the list is empty; name a channel').max(NAMES_MAX),
]);

const urgency = z.string().superRefine((word, context) => {
  if (!isFixed(word) || urgencyOf(word) !== undefined) return;
  const near = suggestion(word, URGENCY_WORDS) || `; write one of ${URGENCIES.join(', ')}`;
  context.addIssue({ code: 'custom', message: `"${shown(word)}" is no urgency${near}` });
});

/** How a `notify` step is written. One name is kept as a list of one, unless it is a template. */
export const notifyShape: StepShape = {
  kind: 'notify',
  keys: ['message', 'urgency', 'to'],
  schema: z
    .strictObject({
      notify: names,
      message: z.string({ error: 'says what is told, as in message: "it is done"' }),
      urgency: urgency.optional(),
      to: z.string().optional(),
    })
    .transform(({ notify, ...rest }) => ({
      notify: typeof notify === 'string' && isFixed(notify) ? [notify] : notify,
      ...rest,
    })),
  effect: 'idempotent',
  timeoutMs: TIMEOUT_MS,
};

/** Accepts notifications: the one notifier. */
export interface AcceptNotification {
  (request: NotifyRequest, cause: Cause): Promise<Accepted>;
}

const rendered = z.object({
  notify: filled,
  message: filled,
  urgency: filled.optional(),
  to: filled.optional(),
});

/**
 * Has people told. The step is done when the notification is on disk: from then on it is told at
 * least once, or is undeliverable for all to see, whatever becomes of the run. Its output is
 * `{dedupe_id}`, which is the same whenever the step is repeated.
 */
export function notifyStep(accept: AcceptNotification): StepKind {
  return {
    shape: notifyShape,
    contained: true,
    execute: (context) =>
      withInput(context, readRequest, async (request): Promise<StepResult> => {
        const accepted = await accept(request, causeOf(context));
        switch (accepted.kind) {
          case 'accepted':
            return { kind: 'done', output: { dedupe_id: request.dedupe_id } };
          case 'refused': {
            const message = `Nobody can be told: ${accepted.reason}.`;
            return { kind: 'fail', error: { code: 'notify.unknown', message, happened: 'no' } };
          }
          case 'busy': {
            const message = `Nobody can be told for the moment: ${accepted.reason}.`;
            return { kind: 'retry', error: { code: 'notify.busy', message, happened: 'no' } };
          }
        }
      }),
  };
}

/** @throws SignalboxError `step.input_invalid`. */
function readRequest(context: StepContext): NotifyRequest {
  const { notify, message, urgency: word, to } = rendered.parse(context.input);
  const named = namesIn(notify);
  if (named.length === 0) throw inputInvalid('"notify" names no channel and no person.');
  if (named.length > NAMES_MAX) throw inputInvalid(`"notify" names more than ${NAMES_MAX}.`);
  // An alarm is not lost to a typo that only shows when it is filled in.
  const meant = word === undefined ? 'normal' : (urgencyOf(textOf(word)) ?? 'high');
  return {
    dedupe_id: context.key,
    message: textOf(message),
    urgency: meant,
    flow: context.flow,
    run: context.run,
    step: context.step,
    incident: meant === 'critical' ? incidentOf(context) : null,
    names: named,
    to: to === undefined || to === null ? '' : textOf(to),
  };
}

/** The names in what is written; a template gives a list, or one name. */
function namesIn(notify: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(notify) ? notify : [notify];
  return list.filter((name): name is string => typeof name === 'string' && name !== '');
}

/** The incident that the event is about, or else one of this step's own. */
function incidentOf({ event, flow, step }: StepContext): string {
  return incidentKeyOf(event.type, event.data) ?? `notification:${flow}/${step}`;
}

function causeOf({ event }: StepContext): Cause {
  return { correlation: event.correlationid, causation: event.seq, hops: event.hops + 1 };
}
