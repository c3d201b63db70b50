import { rolesWith, type Right } from '../../src/identity/roles.ts';
import type { Route } from '../../src/server/route.ts';

/** What each command asks a daemon for; null where it asks none. */
export const COMMANDS: Readonly<Record<string, string | null>> = {
  init: null,
  dev: null,
  top: 'GET /api/v1/status',
  up: null,
  start: null,
  stop: null,
  emit: 'POST /api/v1/events',
  shellenv: null,
  exec: 'POST /api/v1/events',
  'events ls': 'GET /api/v1/events',
  'events show': 'GET /api/v1/events/:id',
  'events export': 'GET /api/v1/stream',
  'events import': 'POST /api/v1/events',
  'events erase': 'POST /api/v1/events/:id/erase',
  'test-event': 'POST /api/v1/events',
  'runs ls': 'GET /api/v1/runs',
  'runs show': 'GET /api/v1/runs/:id',
  'runs pause': 'POST /api/v1/runs/:id/pause',
  'runs resume': 'POST /api/v1/runs/:id/resume',
  'runs cancel': 'POST /api/v1/runs/:id/cancel',
  'runs kill': 'POST /api/v1/runs/:id/kill',
  'runs retry': 'POST /api/v1/runs/:id/retry',
  'runs skip': 'POST /api/v1/runs/:id/skip',
  'runs set': 'POST /api/v1/runs/:id/set',
  'runs move': 'POST /api/v1/runs/:id/move',
  event: null,
  trigger: 'POST /api/v1/runs',
  replay: 'POST /api/v1/events/:id/replay',
  'dlq ls': 'GET /api/v1/dead-letters',
  'dlq show': 'GET /api/v1/dead-letters/:id',
  'dlq retry': 'POST /api/v1/dead-letters/:id/retry',
  'dlq drop': 'POST /api/v1/dead-letters/:id/drop',
  'proposals ls': 'GET /api/v1/proposals',
  'proposals show': 'GET /api/v1/proposals/:id',
  'proposals delegate': 'POST /api/v1/delegations',
  'proposals link': 'POST /api/v1/proposals/:id/link',
  approve: 'POST /api/v1/proposals/:id/decision',
  reject: 'POST /api/v1/proposals/:id/decision',
  return: 'POST /api/v1/proposals/:id/decision',
  'incidents ls': 'GET /api/v1/incidents',
  'incidents show': 'GET /api/v1/incidents/:id',
  'incidents ack': 'POST /api/v1/incidents/:id/ack',
  'incidents resolve': 'POST /api/v1/incidents/:id/resolve',
  'incidents false-alarm': 'POST /api/v1/incidents/:id/false-alarm',
  history: 'GET /api/v1/history',
  why: 'GET /api/v1/events/:id/why',
  'why-not': 'GET /api/v1/events/:id/why-not',
  effects: 'GET /api/v1/effects',
  'saga preview': 'GET /api/v1/runs/:id/saga',
  'sources ls': 'GET /api/v1/sources',
  'sources restart': 'POST /api/v1/sources/restart',
  'schedules ls': 'GET /api/v1/schedules',
  'schedules next': null,
  'timers ls': 'GET /api/v1/timers',
  graph: 'GET /api/v1/graph',
  test: null,
  'tools ls': null,
  'tools show': null,
  'tools run': null,
  'tokens ls': 'GET /api/v1/tokens',
  'tokens create': 'POST /api/v1/tokens',
  'tokens revoke': 'POST /api/v1/tokens/:id/revoke',
  login: 'POST /api/v1/login-links',
  plan: 'GET /api/v1/plan',
  reload: 'POST /api/v1/reload',
  ask: 'POST /api/v1/questions',
  autonomy: 'POST /api/v1/autonomy',
  'playbooks ls': null,
  'playbooks add': null,
  limit: 'POST /api/v1/limit',
  pause: 'POST /api/v1/pause',
  resume: 'POST /api/v1/resume',
  status: 'GET /api/v1/status',
  stats: 'GET /api/v1/stats',
  verify: 'GET /api/v1/verify',
  rebuild: 'GET /api/v1/rebuild-check',
  backup: 'POST /api/v1/backup',
  restore: null,
  check: null,
  doctor: null,
  'completion bash': null,
  'completion zsh': null,
  'completion fish': null,
  version: null,
};

const HEAD = `# Who may do what

Made from the table of routes; a test holds this page against it.
[People and tokens](../guide/people.md) says what the roles are. What is not here is refused: a path
that is none needs a token, and is not there. \`run\` is the token of a step.
`;

/** The page that tells what each route and each command needs. */
export function rolePage(routes: readonly Route[]): string {
  const byName = new Map(routes.map((route) => [nameOf(route), route]));
  return [
    HEAD,
    '| route | for |\n|---|---|',
    ...routes.map((route) => `| \`${shown(nameOf(route))}\` | ${whoMay(route.needs)} |`),
    '\nA command needs what its routes need. Those that ask no daemon need to read its files.\n',
    '| command | asks | for |\n|---|---|---|',
    ...Object.entries(COMMANDS).map(([command, asks]) => {
      if (asks === null) return `| \`${command}\` | no daemon | whoever may read the files |`;
      const route = byName.get(asks);
      if (route === undefined) throw new Error(`${command} asks for ${asks}, which is no route`);
      return `| \`${command}\` | \`${shown(asks)}\` | ${whoMay(route.needs)} |`;
    }),
    '',
  ].join('\n');
}

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

function shown(name: string): string {
  return name.replace(':id', '{id}');
}

function whoMay(needs: Right | 'nothing'): string {
  return needs === 'nothing' ? 'everybody' : rolesWith(needs).join(', ');
}
