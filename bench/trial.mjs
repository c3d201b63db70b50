// @ts-check
// One trial in a process of its own, so that no trial meets what another left behind:
//
//   node bench/trial.mjs KIND '{"directory": …}'
//
// Its figures are the last line of standard output, as JSON.

const KINDS = {
  emit: async () => (await import('./trials/emit.mjs')).measureEmits,
  jobs: async () => (await import('./trials/jobs.mjs')).measureJobs,
  read: async () => (await import('./trials/read.mjs')).measureReads,
  daemon: async () => (await import('./trials/daemon.mjs')).measureDaemon,
  decisions: async () => (await import('./trials/decisions.mjs')).measureDecisions,
  dispatch: async () => (await import('./trials/dispatch.mjs')).measureDispatch,
  each: async () => (await import('./trials/each.mjs')).measureEach,
  files: async () => (await import('./trials/files.mjs')).measureFiles,
  'watched-daemon': async () => (await import('./trials/watched-daemon.mjs')).measureWatchedDaemon,
  flows: async () => (await import('./trials/flows.mjs')).measureFlows,
  footprint: async () => (await import('./trials/footprint.mjs')).measureFootprint,
  gather: async () => (await import('./trials/gather.mjs')).measureGathering,
  grow: async () => (await import('./trials/grow.mjs')).measureGrowth,
  ingest: async () => (await import('./trials/ingest.mjs')).measureIngest,
  limits: async () => (await import('./trials/limits.mjs')).measureLimits,
  restart: async () => (await import('./trials/restart.mjs')).measureRestart,
  sagas: async () => (await import('./trials/sagas.mjs')).measureSagas,
  waits: async () => (await import('./trials/waits.mjs')).measureWaits,
  webhooks: async () => (await import('./trials/webhooks.mjs')).measureWebhooks,
  windows: async () => (await import('./trials/windows.mjs')).measureWindows,
};

const [kind = '', options = '{}'] = process.argv.slice(2);
const entry = Object.entries(KINDS).find(([name]) => name === kind);
if (entry === undefined) throw new Error(`There is no trial "${kind}".`);
const measure = await entry[1]();
const figures = await measure(JSON.parse(options));
process.stdout.write(`${JSON.stringify(figures)}\n`);
// What a peer leaves open must not keep it here.
process.exit(0);
