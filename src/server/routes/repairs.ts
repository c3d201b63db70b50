import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { RepairRequest } from '../../runs/repair.ts';
import type { Signalbox } from '../../signalbox.ts';
import type { Json } from '../../std/json.ts';
import { seqOf } from '../../views/log-reader.ts';
import { findRun } from '../../views/run-page.ts';
import type { RunView } from '../../views/run-view.ts';
import { readBody } from '../body.ts';
import { HttpError } from '../../std/http/http-error.ts';
import { problemOf } from '../refusal.ts';
import { attributionOfCaller } from '../caller.ts';
import { idOf, type Route, type RouteContext } from '../route.ts';

const text = z.string({ error: 'must be a text' });
const step = z.string({ error: 'must be the id of a step' });
const REASON = { reason: text.optional() };
/** Any JSON, `null` too. */
const given = z.unknown().refine((value) => value !== undefined, 'must be there');
const PLAIN = z.strictObject(REASON);
const RETRY = z.strictObject({ ...REASON, from: step.optional() });
const SKIP = z.strictObject({ step, reason: z.string({ error: 'must say why' }).min(1) });
const MOVE = z.strictObject({
  ...REASON,
  catalog: text.optional(),
  at: step.optional(),
  accept: z.boolean({ error: 'must be true or false' }).optional(),
});
const SET = z.strictObject({ ...REASON, step, output: given });

type Asked = RepairRequest extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'by'>
    : never
  : never;

/** The routes by which people change what has become of a run. */
export function repairRoutes({ box }: RouteContext): Route[] {
  const plain = (verb: 'pause' | 'resume' | 'cancel' | 'kill', summary: string): Route =>
    route(box, {
      verb,
      summary,
      body: PLAIN,
      read: (request) => ({ verb, ...said(PLAIN, request) }),
    });
  return [
    {
      ...plain('pause', 'Holds a run; 202 where it will be when its step is over.'),
      pendingStatus: 202,
    },
    plain('resume', 'Lets a run go on that is paused.'),
    plain('cancel', 'Ends a run, and tells its step to end.'),
    plain('kill', 'Ends a run, and kills the command of its step.'),
    route(box, {
      verb: 'retry',
      summary: 'Does a step of a run again, and what comes behind it.',
      body: RETRY,
      read: (request) => ({ verb: 'retry', ...said(RETRY, request) }),
    }),
    route(box, {
      verb: 'skip',
      summary: 'Passes over the step at which a run rests or with which it failed.',
      body: SKIP,
      read: (request) => ({ verb: 'skip', ...said(SKIP, request) }),
    }),
    route(box, {
      verb: 'set',
      summary: 'Says what the step has given at which a run rests or with which it failed.',
      body: SET,
      read(request) {
        const { output, ...words } = said(SET, request);
        return { verb: 'set', ...words, output: output as Json };
      },
    }),
    route(box, {
      verb: 'move',
      summary: 'Has a run go on by the definition of its flow in another catalog.',
      body: MOVE,
      read: (request) => ({ verb: 'move', ...said(MOVE, request) }),
    }),
  ];
}

interface Repairing {
  readonly verb: RepairRequest['verb'];
  readonly summary: string;
  readonly body: z.ZodObject;
  readonly read: (request: FastifyRequest) => Asked;
}

function route(box: Signalbox, { verb, summary, body, read }: Repairing): Route {
  const path = `/api/v1/runs/:id/${verb}`;
  const handle = (request: FastifyRequest, reply: FastifyReply): Promise<RunView> =>
    repair(box, request, { reply, asked: read(request) });
  return { method: 'POST', path, needs: 'operate', summary, body, handle };
}

async function repair(
  box: Signalbox,
  request: FastifyRequest,
  { reply, asked }: { readonly reply: FastifyReply; readonly asked: Asked },
): Promise<RunView> {
  const id = idOf(request);
  const seq = seqOf(box.store.identity, id);
  if (seq === undefined) return unknownRun(id);
  const repaired = await box.repair.apply(seq, { ...asked, ...attributionOfCaller(request) });
  if (repaired.kind === 'refused') throw problemOf(repaired);
  if (repaired.kind === 'pending') reply.code(202);
  return (await findRun(box, id)) ?? unknownRun(id);
}

function said<Schema extends z.ZodObject>(
  schema: Schema,
  request: FastifyRequest,
): Omit<z.output<Schema>, 'reason'> & { readonly reason: string | null } {
  const { value } = readBody(schema, request);
  const { reason } = value as { readonly reason?: string };
  return { ...value, reason: reason ?? null };
}

function unknownRun(id: string): never {
  const message = `There is no run with the id "${id}".`;
  throw new HttpError('run.unknown', message, { status: 404 });
}
