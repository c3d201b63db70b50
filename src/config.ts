import { createHash } from 'node:crypto';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { readConfigurationFiles, readVariableFile } from './config/files.ts';
import { homeOf } from './config/home.ts';
import { recipientsOf } from './config/channels.ts';
import { reportBareKeys } from './config/models.ts';
import { noteSettings } from './config/secret-settings.ts';
import { readSettings, type Settings, SETTINGS_KEYS, settingsSchema } from './config/settings.ts';
import { reportBarePassword } from './config/store.ts';
import type { Catalog, SourceFile } from './flows/catalog.ts';
import { parseFiles, type ParsedFiles, type SettingsReader } from './flows/parse.ts';
import type { NoteSecret } from './flows/secret-reference.ts';
import type { SourceSettings } from './flows/source-shape.ts';
import type { StepShape } from './flows/step-shape.ts';
import type { OwnTool } from './flows/tool.ts';
import { providerKeys } from './steps/models.ts';
import { type Variables, variablesOf } from './flows/variables.ts';
import { deepFreeze } from './std/deep-freeze.ts';
import { type Finding, formatFinding } from './std/diagnostics.ts';
import { SignalboxError } from './std/errors.ts';
import { KnownSecrets } from './std/known-secrets.ts';
import { builtInSourceShapes } from './sources/shapes.ts';
import { findModule } from './steps/tools/own/find-module.ts';
import { withOwnTools } from './steps/tools/own/shapes.ts';

/** The user's configuration, checked whole and frozen. */
export interface Configuration {
  /** The absolute path of the configuration file. */
  readonly file: string;
  /** Its folder, or the one above `profiles/`: what paths are relative to. */
  readonly directory: string;
  readonly catalog: Catalog;
  readonly settings: Settings;
  /** What `${NAME}` and `${file:PATH}` stand for, for parsing recorded catalogs again. */
  readonly variables: Variables;
  /** The secrets that the files refer to, and those that whoever runs them adds. */
  readonly secrets: KnownSecrets;
  /** Reads the same files as they are by then. Findings name them by their whole paths. */
  readonly reread: () => Promise<Loaded>;
}

/** What a catalog is made of, and its hash too. */
interface CatalogSource {
  readonly files: readonly SourceFile[];
  readonly ownActors: readonly string[];
}

/** A catalog as the log has it. */
interface RecordedCatalog extends CatalogSource {
  /** Told of each secret that it refers to. */
  readonly noteSecret?: NoteSecret;
}

/** What is loaded, and what it is checked against. */
export interface LoadOptions {
  /** The configuration file as the user named it: findings name files the same way. */
  readonly file: string;
  /** What stands in place of the file, which need not be there. */
  readonly text?: string | undefined;
  /** The profile that is laid over the file; then the file itself may be absent. */
  readonly profile?: string | undefined;
  /** Files of flows, relative to the configuration's folder, instead of those in `flows/`. */
  readonly files?: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The kinds of steps that there are. */
  readonly shapes: readonly StepShape[];
  /** Files that code has written in place of a person: asked for at each reading. */
  readonly written?: (() => readonly SourceFile[]) | undefined;
  /** What is known already: what these files refer to joins it. */
  readonly secrets?: KnownSecrets | undefined;
}

/** What came of loading: every finding, and a configuration where none of them is an error. */
export interface Loaded {
  readonly configuration: Configuration | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Reads a configuration file and the flows beside it, and checks them whole.
 *
 * Never throws for what the files are or hold: that is among the findings.
 */
export async function loadConfiguration(options: LoadOptions): Promise<Loaded> {
  const { env, shapes, secrets = new KnownSecrets() } = options;
  secrets.add(...providerKeys(env));
  const file = resolve(options.file);
  const directory = homeOf(file);
  const { files: found, findings: unread } = await readConfigurationFiles({
    directory,
    main: pathFrom(directory, file),
    text: options.text,
    profile: options.profile,
    further: options.files,
  });
  const files = [...found, ...(options.written?.() ?? [])];
  const readFile = (path: string): string => readVariableFile(resolve(directory, path));
  const variables = variablesOf({ env, readFile });
  let settings: Settings | undefined = settingsSchema.parse({});
  const reader: SettingsReader = {
    keys: SETTINGS_KEYS,
    check: (mapping, report) => {
      reportBareKeys(mapping, report);
      reportBarePassword(mapping, report);
    },
    read: (mapping, report) => {
      settings = readSettings(mapping, report, { variables, directory });
      noteSettings(mapping, { variables, note: secrets.note, report });
      return settings && sourceSettings(settings);
    },
    recipients: () => settings && recipientsOf(settings),
  };
  const parsed = parseFiles(files, {
    shapes,
    shapesWith: (tools) => withOwnTools(shapes, tools),
    sourceShapes: builtInSourceShapes,
    variables,
    settings: reader,
    noteSecret: secrets.note,
  });
  const folder = join(dirname(options.file), relative(dirname(file), directory));
  const absent = absentModules(parsed.tools.values(), directory);
  const findings = [...unread, ...parsed.findings, ...absent].map((each) => named(each, folder));
  if (settings === undefined || findings.some(isError))
    return { configuration: undefined, findings };
  const catalog = makeCatalog({ files, ownActors: settings.own_actors }, parsed);
  const reread = (): Promise<Loaded> => loadConfiguration({ ...options, file, secrets });
  const configuration = deepFreeze({
    file,
    directory,
    catalog,
    settings,
    variables,
    secrets,
    reread,
  });
  return { configuration, findings };
}

/** What there is to say of modules that tools name and that are nowhere. */
function absentModules(tools: Iterable<OwnTool>, directory: string): Finding[] {
  return [...tools].flatMap((tool): Finding[] => {
    const { module, path: file, name } = tool;
    if (module === undefined || findModule(tool, directory) !== undefined) return [];
    const message = `the tool "${name}" has no module: there is no file ${module}`;
    return [{ severity: 'error', code: 'config.missing', message, file, line: 1, column: 1 }];
  });
}

/**
 * The settings of the files that a catalog was recorded with, read as those of `configuration` are;
 * undefined where they are wrong by now, as where a variable is not set any more.
 */
export function settingsOf(
  files: readonly SourceFile[],
  { variables, directory, secrets }: Pick<Configuration, 'variables' | 'directory' | 'secrets'>,
): Settings | undefined {
  let settings: Settings | undefined = settingsSchema.parse({});
  const reader: SettingsReader = {
    keys: SETTINGS_KEYS,
    read: (mapping, report) => {
      settings = readSettings(mapping, report, { variables, directory });
      noteSettings(mapping, { variables, note: secrets.note, report });
      return undefined;
    },
  };
  // What else the files hold is read where it is needed.
  parseFiles(files, { shapes: [], variables, settings: reader });
  return deepFreeze(settings);
}

/**
 * The catalog that was recorded as these files and own actors, parsed again.
 *
 * A variable that is not set any more fails the steps that need it, and nothing else.
 *
 * @throws SignalboxError `catalog.unreadable` where this version refuses what an earlier one took.
 */
export function catalogOf(
  { noteSecret, ...recorded }: RecordedCatalog,
  shapes: readonly StepShape[],
  variables: Variables,
): Catalog {
  // What the other settings were is past: those of the present files hold.
  const settings: SettingsReader = { keys: SETTINGS_KEYS, read: () => undefined };
  const sourceShapes = builtInSourceShapes;
  const parsed = parseFiles(recorded.files, {
    shapes,
    shapesWith: (tools) => withOwnTools(shapes, tools),
    sourceShapes,
    variables,
    settings,
    ...(noteSecret && { noteSecret }),
  });
  const error = parsed.findings.find(
    (finding) => isError(finding) && finding.code !== 'config.unset',
  );
  if (error === undefined) return deepFreeze(makeCatalog(recorded, parsed));
  const reason = `A recorded configuration cannot be read by this version: ${formatFinding(error)}`;
  const remedy = 'Run the version that recorded it, or put the present files in force by --apply.';
  const message = `${reason}. ${remedy}`;
  throw new SignalboxError('catalog.unreadable', message, { details: { finding: error } });
}

function makeCatalog(source: CatalogSource, parsed: ParsedFiles): Catalog {
  const { flows, choreographies, sources, tools } = parsed;
  return { hash: hashOf(source), ...source, flows, choreographies, sources, tools };
}

/** How much of the digest is shown and compared: no two catalogs of one log meet in 64 bits. */
const HASH_LENGTH = 16;

function hashOf({ files, ownActors }: CatalogSource): string {
  const hash = createHash('sha256');
  for (const { path, text } of files) {
    hash.update(`${path.length}:${path}${text.length}:${text}`);
  }
  // The files may name them by variables, and what flows make of an event depends on them.
  if (ownActors.length > 0) hash.update(`own actors ${JSON.stringify(ownActors)}`);
  return hash.digest('hex').slice(0, HASH_LENGTH);
}

function sourceSettings({ webhook_host }: Settings): SourceSettings {
  return { webhookHost: webhook_host };
}

function isError({ severity }: Finding): boolean {
  return severity === 'error';
}

/** The finding with its file as the user would name it from where they are. */
function named(finding: Finding, folder: string): Finding {
  return { ...finding, file: slashed(join(folder, finding.file)) };
}

/** The path of a file relative to a folder, with forward slashes. */
function pathFrom(folder: string, file: string): string {
  return slashed(relative(folder, file));
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
