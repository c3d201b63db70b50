import type { Settings } from '../../config/settings.ts';
import type { SourceDefinition } from '../../flows/source.ts';
import { type Finding, formatFinding } from '../../std/diagnostics.ts';
import { isLoopback } from '../../std/http/address.ts';
import { BODY_BYTES_MAX, webhookConfig } from '../../sources/webhook/shape.ts';
import { type Diagnosis, obstacle, ok, weaker } from './diagnosis.ts';

/** How many errors of the files are told; `check` tells all. */
const ERRORS_SHOWN_MAX = 5;
/** How old a signed delivery may be by default, in milliseconds. */
const TOLERANCE_MS = 300_000;
/** Warnings that are about protection. */
const UNSAFE_CODES = new Set(['config.bare_secret', 'config.short_secret', 'config.unsafe']);

/** What is wrong with the files. */
export function diagnoseFindings(findings: readonly Finding[]): Diagnosis[] {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const unsafe = findings.filter(
    ({ severity, code }) => severity === 'warning' && UNSAFE_CODES.has(code),
  );
  if (errors.length + unsafe.length === 0) return [ok('configuration', 'The files are sound.')];
  return [
    ...errors
      .slice(0, ERRORS_SHOWN_MAX)
      .map((each) => obstacle('configuration', formatFinding(each), 'Correct it; see: check')),
    ...unsafe.map((each) => weaker('configuration', formatFinding(each), 'Do what it says.')),
  ];
}

/** Which settings protect less than what holds without them. */
export function diagnoseSettings(
  settings: Settings,
  sources: Iterable<SourceDefinition>,
): Diagnosis[] {
  const all = [...sources];
  const found = [
    ...hostsOf(settings),
    ...overflowOf(settings),
    ...reachOf(settings),
    ...all.flatMap(dropsOf),
    ...all.filter(({ type }) => type === 'webhook').flatMap(webhookOf),
  ];
  const weak = found.length > 0 ? found : [ok('settings', 'None is weaker than the defaults.')];
  return [...weak, ...storeOf(settings)];
}

/** What is left to the database is said: who looks for a backup must not find none. */
function storeOf({ store }: Settings): Diagnosis[] {
  if (store === 'sqlite') return [];
  const message =
    'The log is in PostgreSQL: copy it by pg_dump or a backup of the server. Nothing is taken ' +
    'out of it, and digests do not chain it.';
  return [ok('store', message)];
}

function hostsOf({ host, webhook_host }: Settings): Diagnosis[] {
  const open = [
    { key: 'host', value: host },
    { key: 'webhook_host', value: webhook_host },
  ].filter(({ value }) => !isLoopback(value));
  return open.map(({ key, value }) =>
    weaker(
      key,
      `"${key}: ${value}" lets other machines in.`,
      'Use 127.0.0.1 behind a proxy of yours that speaks TLS.',
    ),
  );
}

function overflowOf({ queue_overflow }: Settings): Diagnosis[] {
  if (queue_overflow !== 'drop') return [];
  const message = '"queue_overflow: drop" gives up runs where too much waits; each is recorded.';
  return [weaker('queue_overflow', message, 'Leave it out: the log takes what the disk holds.')];
}

/** The same of one source. */
function dropsOf({ name, queue }: SourceDefinition): Diagnosis[] {
  if (queue?.overflow !== 'drop') return [];
  const what = `"queue_overflow: drop" of ${name}`;
  const message = `${what} gives up what its events start where too many wait.`;
  return [weaker(name, message, 'Say "error": then who sends is told to come again.')];
}

function reachOf({ security }: Settings): Diagnosis[] {
  const { http_allow, require_isolation, isolation, open_metrics } = security;
  const hosts = http_allow.join(', ');
  const reached = `Requests of flows reach hosts that are not public: ${hosts}.`;
  return [
    ...(http_allow.length === 0
      ? []
      : [weaker('security', reached, 'Name no more than flows need, each with its port.')]),
    ...(open_metrics
      ? [
          weaker(
            'security',
            '"open_metrics: true" tells the metrics to whoever asks, without a token.',
            'Leave it out, and give the reader of the metrics a token.',
          ),
        ]
      : []),
    ...(isolation === 'off' && require_isolation
      ? [
          obstacle(
            'security',
            '"require_isolation: true" and "isolation: off" do not go together.',
            'Remove one of them.',
          ),
        ]
      : []),
  ];
}

function webhookOf({ name, config, redact }: SourceDefinition): Diagnosis[] {
  const { auth, tolerance, body_limit } = webhookConfig(config);
  const found: Diagnosis[] = [];
  if (auth === 'none') {
    const message = 'It has no secret: whatever runs on this machine can send it events.';
    found.push(weaker(name, message, 'Give it a secret that the sender signs with.'));
  }
  if (redact !== true) {
    const message = 'Credentials that come in its events are recorded as they came.';
    found.push(weaker(name, message, 'Leave "redact: false" out.'));
  }
  if (tolerance > TOLERANCE_MS) {
    const message = `A signed request may come again for ${tolerance / 60_000} min.`;
    found.push(weaker(name, message, 'Leave "tolerance" out: 5 min are enough for most clocks.'));
  }
  if (body_limit > BODY_BYTES_MAX) {
    found.push(weaker(name, 'It takes bodies over 1 MiB.', 'Leave "body_limit" out.'));
  }
  return found;
}
