import { openApi } from './openapi.ts';
import type { Route, RouteContext } from './route.ts';
import { answerRoutes } from './routes/answers.ts';
import { autonomyRoutes } from './routes/autonomy.ts';
import { questionRoutes } from './routes/questions.ts';
import { careRoutes } from './routes/care.ts';
import { definitionRoutes } from './routes/definitions.ts';
import { engineRoutes, outsideRoutes } from './routes/engine.ts';
import { frontPageRoute } from './routes/front-page.ts';
import { identityRoutes } from './routes/identity.ts';
import { delegationRoutes } from './routes/delegations.ts';
import { linkRoutes } from './routes/links.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { letterRoutes } from './routes/letters.ts';
import { metricsRoute } from './routes/metrics.ts';
import { overviewRoutes } from './routes/overview.ts';
import { pauseRoutes } from './routes/pause.ts';
import { proposalRoutes } from './routes/proposals.ts';
import { readLogRoutes } from './routes/read-log.ts';
import { recordEventsRoute } from './routes/record-events.ts';
import { repairRoutes } from './routes/repairs.ts';
import { replayRoutes } from './routes/replay.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { sourceRoutes } from './routes/sources.ts';
import { startFlowRoute } from './routes/start-flow.ts';
import { previewStartRoute } from './routes/start-preview.ts';
import { streamRoute } from './routes/stream.ts';
import { toolsRoute } from './routes/tools.ts';
import { upkeepRoutes } from './routes/upkeep.ts';

/** Every route that there is. Whatever else is asked for needs the token, and is not there. */
export function routeTable(context: RouteContext): Route[] {
  const routes = [
    recordEventsRoute(context),
    ...readLogRoutes(context),
    ...replayRoutes(context),
    startFlowRoute(context),
    previewStartRoute(context),
    ...letterRoutes(context),
    ...proposalRoutes(context),
    ...incidentRoutes(context),
    ...answerRoutes(context),
    ...repairRoutes(context),
    streamRoute(context),
    ...definitionRoutes(context),
    ...sourceRoutes(context),
    ...upkeepRoutes(context),
    ...scheduleRoutes(context),
    toolsRoute(context),
    ...overviewRoutes(context),
    ...engineRoutes(context),
    ...pauseRoutes(context),
    ...autonomyRoutes(context),
    ...questionRoutes(context),
    ...linkRoutes(context),
    ...delegationRoutes(context),
    metricsRoute(context),
    ...careRoutes(context),
    ...outsideRoutes(context),
    ...identityRoutes(context),
    frontPageRoute(),
  ];
  return [...routes, openApiRoute(routes, context.build)];
}

function openApiRoute(others: readonly Route[], build: string): Route {
  const route = {
    method: 'GET',
    path: '/api/v1/openapi.json',
    needs: 'identify',
    summary: 'Describes these routes in OpenAPI 3.1.',
  } as const;
  const routes = [...others, { ...route, handle: () => null }];
  return {
    ...route,
    async handle() {
      // Few ask for it, and a daemon starts without it.
      const { default: answers } = await import('./answer-schemas.json', {
        with: { type: 'json' },
      });
      return openApi(routes, build, answers);
    },
  };
}
