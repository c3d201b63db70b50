/** What the help of a command teaches beside its flags. */
export interface Lesson {
  /** Command lines without the program's name, each as somebody would type it. */
  readonly examples: readonly string[];
  /** Related commands. */
  readonly see: readonly string[];
}

/** A lesson for every command and every noun. */
export const LESSONS: Readonly<Record<string, Lesson>> = {
  init: { examples: ['init', 'init --template agents'], see: ['dev', 'check'] },
  dev: { examples: ['dev', 'dev --port 0'], see: ['up', 'check', 'events', 'runs'] },
  up: { examples: ['up', 'up --apply --port 0'], see: ['dev', 'status', 'reload', 'pause'] },
  start: { examples: ['start', 'start --standby'], see: ['stop', 'status', 'up'] },
  stop: { examples: ['stop'], see: ['start', 'status'] },
  emit: {
    examples: [`emit order.placed --data '{"id":7}' --wait`, 'emit - < events.jsonl'],
    see: ['trigger', 'events show', 'why'],
  },
  shellenv: { examples: ['shellenv'], see: ['emit', 'exec'] },
  exec: { examples: ['exec --name build -- make all'], see: ['shellenv', 'events'] },
  events: { examples: ['events 50', `events --type 'git.*' --follow`], see: ['history', 'emit'] },
  'events ls': { examples: ['events ls --since 2h'], see: ['events show', 'history'] },
  'events show': { examples: ['events show 12'], see: ['why', 'why-not', 'replay'] },
  'events export': { examples: ['events export > log.jsonl'], see: ['events import', 'verify'] },
  'events import': { examples: ['events import old.log'], see: ['events export', 'replay'] },
  'events erase': {
    examples: ['events erase 12 --reason "asked to be forgotten"'],
    see: ['verify', 'events show'],
  },
  'test-event': { examples: ['test-event COORDINATION_CRISIS'], see: ['emit', 'why-not'] },
  runs: { examples: ['runs', 'runs show 12'], see: ['why', 'dlq', 'events'] },
  'runs ls': { examples: ['runs ls --state failed --flow deploy'], see: ['runs show', 'dlq'] },
  'runs show': { examples: ['runs show 12'], see: ['why', 'runs retry'] },
  'runs pause': { examples: ['runs pause 12'], see: ['runs resume', 'pause'] },
  'runs resume': { examples: ['runs resume 12'], see: ['runs pause', 'resume'] },
  'runs cancel': { examples: ['runs cancel 12 --reason "no longer wanted"'], see: ['runs kill'] },
  'runs kill': { examples: ['runs kill 12'], see: ['runs cancel', 'effects'] },
  'runs retry': { examples: ['runs retry 12 --from build'], see: ['runs skip', 'dlq retry'] },
  'runs skip': {
    examples: ['runs skip 12 notify --reason "told by hand"'],
    see: ['runs set', 'runs retry'],
  },
  'runs set': { examples: [`runs set 12 build --output '"ok"'`], see: ['runs skip'] },
  'runs move': {
    examples: ['runs move 12', 'runs move 12 --at build --accept --reason "a longer timeout"'],
    see: ['plan', 'reload', 'runs retry'],
  },
  event: { examples: [`event --type deploy --payload '{"version":"1.2.0"}'`], see: ['emit'] },
  trigger: {
    examples: [
      `trigger deploy --data '{"version":"1.2.0"}' --wait`,
      'trigger deploy --interactive',
      'trigger deploy --dry-run',
    ],
    see: ['emit', 'proposals'],
  },
  replay: {
    examples: [
      'replay 12',
      'replay --since 2h --flow deploy --live',
      'replay --since 14d --recorded-effects',
    ],
    see: ['dlq retry', 'events'],
  },
  proposals: { examples: ['proposals', 'proposals show 12'], see: ['approve', 'reject', 'why'] },
  'proposals ls': { examples: ['proposals ls --state all'], see: ['proposals show'] },
  'proposals show': { examples: ['proposals show 12'], see: ['approve', 'reject', 'return'] },
  'proposals delegate': {
    examples: ['proposals delegate kim --until 2d', 'proposals delegate --end'],
    see: ['proposals', 'tokens'],
  },
  'proposals link': { examples: ['proposals link 12 --expires 4h'], see: ['proposals show'] },
  approve: { examples: ['approve 12', 'approve 12 --with edited.json'], see: ['proposals show'] },
  reject: { examples: ['reject 12 --reason "not on a Friday"'], see: ['return', 'proposals'] },
  return: { examples: ['return 12 --reason "name the ticket"'], see: ['reject', 'proposals'] },
  dlq: { examples: ['dlq', 'dlq retry 12'], see: ['runs', 'why'] },
  'dlq ls': { examples: ['dlq ls --flow deploy'], see: ['dlq show'] },
  'dlq show': { examples: ['dlq show 12'], see: ['why', 'dlq retry', 'dlq drop'] },
  'dlq retry': { examples: ['dlq retry 12', 'dlq retry --all --flow deploy'], see: ['runs retry'] },
  'dlq drop': { examples: ['dlq drop 12 --reason "a test"'], see: ['dlq retry'] },
  incidents: { examples: ['incidents', 'incidents ack 12'], see: ['status', 'dlq'] },
  'incidents ls': { examples: ['incidents ls --state open'], see: ['incidents show'] },
  'incidents show': { examples: ['incidents show 12'], see: ['incidents ack', 'why'] },
  'incidents ack': {
    examples: ['incidents ack 12 --reason "on it"'],
    see: ['incidents resolve', 'incidents show'],
  },
  'incidents resolve': { examples: ['incidents resolve 12'], see: ['incidents false-alarm'] },
  'incidents false-alarm': {
    examples: ['incidents false-alarm 12 --reason "a test"'],
    see: ['incidents resolve'],
  },
  history: { examples: ['history --limit 50'], see: ['events', 'why'] },
  why: { examples: ['why 12'], see: ['why-not', 'runs show'] },
  'why-not': { examples: ['why-not 12 deploy'], see: ['why', 'history'] },
  saga: { examples: ['saga preview 12'], see: ['runs cancel', 'runs show'] },
  'saga preview': { examples: ['saga preview 12'], see: ['runs cancel', 'runs show'] },
  effects: { examples: ['effects --uncertain'], see: ['runs show', 'runs set'] },
  sources: { examples: ['sources'], see: ['status', 'schedules'] },
  'sources ls': { examples: ['sources ls'], see: ['status', 'schedules'] },
  'sources restart': {
    examples: ['sources restart webhook:deploys --reason "the port is free"'],
    see: ['sources', 'playbooks'],
  },
  schedules: { examples: ['schedules'], see: ['sources', 'trigger'] },
  'schedules ls': { examples: ['schedules ls --next 3'], see: ['schedules next'] },
  'schedules next': {
    examples: ['schedules next "0 9 * * MON" --timezone Europe/Berlin --count 3'],
    see: ['schedules ls'],
  },
  timers: { examples: ['timers'], see: ['schedules', 'runs show', 'why'] },
  'timers ls': { examples: ['timers ls --limit 50'], see: ['schedules', 'why'] },
  tools: { examples: ['tools', 'tools show git'], see: ['check'] },
  'tools ls': { examples: ['tools ls'], see: ['tools show'] },
  'tools show': { examples: ['tools show filesystem'], see: ['tools run'] },
  'tools run': {
    examples: [`tools run git --action log --input '{"max":3}'`],
    see: ['tools show'],
  },
  tokens: { examples: ['tokens', 'tokens create --name ci --role viewer'], see: ['login'] },
  'tokens ls': { examples: ['tokens ls'], see: ['tokens create', 'tokens revoke'] },
  'tokens create': {
    examples: ['tokens create --name ci --role viewer --expires 90d'],
    see: ['tokens ls', 'tokens revoke'],
  },
  'tokens revoke': { examples: ['tokens revoke ci'], see: ['tokens ls'] },
  login: { examples: ['login'], see: ['tokens'] },
  plan: { examples: ['plan'], see: ['reload', 'check'] },
  reload: { examples: ['reload'], see: ['plan', 'dev'] },
  ask: {
    examples: ['ask "Deploy now?"', 'ask "Which one?" --choices blue,green --timeout 4h'],
    see: ['proposals', 'approve'],
  },
  autonomy: { examples: ['autonomy', 'autonomy 1 deploy'], see: ['pause', 'status'] },
  playbooks: { examples: ['playbooks', 'playbooks add outcomes'], see: ['check', 'reload'] },
  'playbooks ls': { examples: ['playbooks ls'], see: ['playbooks add'] },
  'playbooks add': { examples: ['playbooks add outcomes'], see: ['check', 'reload'] },
  limit: {
    examples: ['limit deploy 1 --reason "the target is slow"', 'limit deploy default'],
    see: ['status', 'pause'],
  },
  pause: { examples: ['pause deploy --reason "the target is down"'], see: ['resume', 'status'] },
  resume: { examples: ['resume deploy'], see: ['pause'] },
  status: { examples: ['status'], see: ['top', 'stats', 'sources'] },
  top: { examples: ['top', 'top --once'], see: ['status', 'stats'] },
  stats: { examples: ['stats'], see: ['status', 'top', 'verify'] },
  verify: { examples: ['verify', 'verify --deep'], see: ['rebuild', 'events export'] },
  rebuild: { examples: ['rebuild --check'], see: ['verify'] },
  backup: { examples: ['backup ../copy.db'], see: ['restore', 'verify'] },
  restore: { examples: ['restore ../copy.db'], see: ['backup', 'effects', 'resume'] },
  doctor: { examples: ['doctor'], see: ['check', 'status', 'verify'] },
  check: { examples: ['check', 'check --strict'], see: ['plan', 'init'] },
  graph: { examples: ['graph', 'graph --format mermaid'], see: ['check', 'why'] },
  test: { examples: ['test', 'test flows/deploy.test.yaml'], see: ['check', 'trigger'] },
  completion: { examples: ['completion bash'], see: ['help'] },
  'completion bash': { examples: ['completion bash >> ~/.bashrc'], see: ['completion zsh'] },
  'completion zsh': { examples: ['completion zsh >> ~/.zshrc'], see: ['completion bash'] },
  'completion fish': { examples: ['completion fish | source'], see: ['completion bash'] },
  version: { examples: ['version --json'], see: ['status'] },
};

/** What stands below the flags of a command; nothing for a line that names none. */
export function lessonText(command: string): string {
  const lesson = LESSONS[command.replace(/^daemon (?=.)/, '').replace(/^daemon$/, 'up')];
  if (lesson === undefined) return '';
  const lines = [
    '',
    lesson.examples.length === 1 ? 'EXAMPLE' : 'EXAMPLES',
    ...lesson.examples.map((example) => `  signalbox ${example}`),
    '',
    'SEE ALSO',
    `  ${lesson.see.map((name) => `signalbox help ${name}`.replace(/ help$/, '')).join(', ')}`,
  ];
  return `${lines.join('\n')}\n`;
}
