import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { autonomySchema } from '../flows/parse/autonomy.ts';
import { spanSchema } from '../flows/parse/duration-schema.ts';
import { queueLimitSchema, queueOverflowSchema } from '../flows/parse/queue-limit.ts';
import type { Report } from '../flows/parse/report.ts';
import { readWith } from '../flows/parse/schema-reading.ts';
import { pick, placeAt, type YamlMapping } from '../flows/parse/yaml-node.ts';
import { interpolate, type Variables } from '../flows/variables.ts';
import { gatesSchema } from '../gates/policy-table.ts';
import { peopleSchema } from '../identity/people.ts';
import { channelsSchema } from '../channels/shape.ts';
import { hooksSchema } from '../routing/hooks/shape.ts';
import { retentionSchema } from '../routing/retention/shape.ts';
import { parseAllowedHost } from '../steps/http-allow.ts';
import { isLoopback } from '../std/http/address.ts';
import { isStore, STORE_FORM } from '../store/postgres/database-url.ts';
import { modelsSchema } from '../steps/models.ts';
import { reportAbsentChannels } from './channels.ts';
import { reportAbsentModules } from './hooks.ts';

/** How many actors may be our own. */
const OWN_ACTORS_MAX = 1_000;
/** Times in milliseconds. */
const LOOP_BUDGET = { runs: 1_000, time: 7 * 86_400_000 } as const;

const nameSchema = z.string().min(1).max(255);

const allowedHostSchema = nameSchema.refine((entry) => parseAllowedHost(entry) !== undefined, {
  error: 'is no host or host:port, such as localhost, 10.0.0.7:8080 or [::1]:9000',
});

/** A file of JSON in the configuration's folder or below it. */
const stateFileSchema = z
  .string()
  .max(1_000)
  .refine((path) => !isAbsolute(path) && !path.split(/[\\/]/).includes('..'), {
    error: 'is a path within the folder of the configuration, such as .signalbox/state.json',
  })
  .refine((path) => path.endsWith('.json'), { error: 'is a file of JSON: its name ends in .json' });

/** Where the log lies; whoever connects says what is wrong with the rest of an URL. */
const storeSchema = z
  .string()
  .max(4_096)
  .refine(isStore, { error: `is ${STORE_FORM}` });

/** The settings of a configuration file: what it holds beside flows. */
export const settingsSchema = z.strictObject({
  /** Whether a daemon goes on until it is stopped, or ends once all that was there is done. */
  mode: z.enum(['daemon', 'one-shot']).default('daemon'),
  /** Where the log lies: in the data directory, or in a PostgreSQL database. */
  store: storeSchema.default('sqlite'),
  /** A readable copy of what the log says, for whoever looks into files. */
  state_file: stateFileSchema.optional(),
  /** Whether schedules know at a start when they ran last. */
  persist_last_run: z.boolean().default(true),
  host: nameSchema.default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(8_765),
  /** Names that we are reached under, beside localhost. */
  hosts: z.array(nameSchema).readonly().default([]),
  /** Where webhooks are heard, on a port that serves nothing else; 0 takes any free one. */
  webhook_host: nameSchema.default('127.0.0.1'),
  webhook_port: z.int().min(0).max(65_535).default(8_766),
  max_concurrent_handlers: z.int().min(1).max(10_000).default(16),
  /** What is asked about events and told of runs: modules and commands. */
  hooks: hooksSchema.default({}),
  /** How much may wait before `queue_overflow` says what becomes of more. */
  queue_limit: queueLimitSchema.default(10_000),
  queue_overflow: queueOverflowSchema.default('queue'),
  /** How often one client may ask the API; nobody is held back where it is left out. */
  request_limit: z
    .strictObject({ limit: z.int().min(1).max(1_000_000), per: spanSchema })
    .readonly()
    .optional(),
  /** How long the log is kept, and how large it may be. */
  retention: retentionSchema.prefault({}),
  /** What one chain of causes may start from its second generation of runs on. */
  loop_budget: z
    .strictObject({
      runs: z.int().min(1).max(10_000_000).default(LOOP_BUDGET.runs),
      time: spanSchema.default(LOOP_BUDGET.time),
    })
    .readonly()
    .default(LOOP_BUDGET),
  /** Who is our own outside. It is part of the catalog, and so a reload puts it in force. */
  own_actors: z.array(nameSchema).max(OWN_ACTORS_MAX).readonly().default([]),
  /** Who there is, and what each may do; a reload puts it in force. */
  people: peopleSchema.default({}),
  /** How people and agents are told, by the names that `notify` steps use. */
  channels: channelsSchema.default({}),
  /** How much happens without a person, where a flow does not say; a reload puts it in force. */
  autonomy: autonomySchema.optional(),
  /** Who is asked about what: risk, and policies; a reload puts it in force. */
  gates: gatesSchema.prefault({}),
  /** Models that `prompt` steps may ask, by the names that they use. */
  models: modelsSchema.default({}),
  security: z
    .strictObject({
      /** Hosts beside the public ones that `http` steps may reach, each with or without a port. */
      http_allow: z.array(allowedHostSchema).readonly().default([]),
      /** Whether commands are kept from seeing the daemon and its data, where that works. */
      isolation: z.enum(['auto', 'off']).default('auto'),
      /** Refuses to start where commands are not isolated. */
      require_isolation: z.boolean().default(false),
      /** Whether `/metrics` is told to whoever asks, without a token. */
      open_metrics: z.boolean().default(false),
    })
    .readonly()
    .default({
      http_allow: [],
      isolation: 'auto',
      require_isolation: false,
      open_metrics: false,
    }),
});

export type Settings = Readonly<z.output<typeof settingsSchema>>;

/** The keys of a configuration file that are settings. */
export const SETTINGS_KEYS: readonly string[] = Object.keys(settingsSchema.shape);

/** The settings of a configuration file; undefined where they are wrong, which is reported. */
export function readSettings(
  mapping: YamlMapping,
  report: Report,
  { variables, directory }: { readonly variables: Variables; readonly directory: string },
): Settings | undefined {
  const settings = readWith(settingsSchema, pick(mapping, SETTINGS_KEYS), {
    report,
    what: 'the settings',
    read: (text, at) =>
      interpolate(text, variables, (message) => report({ at, code: 'config.unset', message })),
  });
  if (settings !== undefined) reportAbsentModules(settings.hooks, mapping, { directory, report });
  if (settings !== undefined) reportAbsentChannels(settings, mapping, report);
  const exposed = settings && exposureOf(settings);
  if (exposed !== undefined) {
    const message = `${exposed}; the daemon starts with --behind-proxy only`;
    const at = placeAt(mapping, ['host']);
    report({ at, code: 'config.unsafe', message, severity: 'warning' });
  }
  return settings;
}

/**
 * How the API would be open to other machines without encryption; undefined where only this machine
 * reaches it.
 */
export function exposureOf({ host }: Pick<Settings, 'host'>): string | undefined {
  if (isLoopback(host)) return undefined;
  return `"host: ${host}" lets other machines in, and tokens would cross the network as plain text`;
}
