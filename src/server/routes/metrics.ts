import type { FastifyReply, FastifyRequest } from 'fastify';
import { EXPOSITION_TYPES, expose, expositionOf } from '../../views/metrics/exposition.ts';
import type { Family } from '../../views/metrics/family.ts';
import type { Route, RouteContext } from '../route.ts';

/** The route for whoever collects metrics. It needs a token, unless the settings open it. */
export function metricsRoute(context: RouteContext): Route {
  const { open_metrics: open } = context.box.configuration.settings.security;
  return {
    method: 'GET',
    path: '/metrics',
    needs: open ? 'nothing' : 'read',
    summary: 'Tells what is measured, in the text formats of Prometheus and OpenMetrics.',
    media: EXPOSITION_TYPES.prometheus,
    handle: (request, reply) => answer(context, request, reply),
  };
}

async function answer(
  { box, meter, build }: RouteContext,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<string> {
  const form = expositionOf(headers.accept);
  reply.header('content-type', EXPOSITION_TYPES[form]);
  return expose([buildInfo(build), ...(await box.metrics()), ...meter.families()], form);
}

function buildInfo(version: string): Family {
  const labels = { version, node: process.versions.node };
  const help = 'Which version this is.';
  return { name: 'signalbox_build_info', help, type: 'gauge', samples: [{ labels, value: 1 }] };
}
