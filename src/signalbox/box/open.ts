import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Configuration, loadConfiguration, type LoadOptions } from '../../config.ts';
import { homeOf } from '../../config/home.ts';
import type { SourceFile } from '../../flows/catalog.ts';
import { asFile, type Document } from '../../flows/code/document.ts';
import { fileOf } from '../../flows/code/flow.ts';
import { toolFileOf } from '../../flows/code/tool.ts';
import { openSignalbox, type Signalbox } from '../../signalbox.ts';
import { type Clock, SystemClock } from '../../std/clock.ts';
import { SignalboxError } from '../../std/errors.ts';
import { type Logger, silentLogger } from '../../std/logger.ts';
import { type Random, systemRandom } from '../../std/random.ts';
import { CommitSignal } from '../../store/commit-signal.ts';
import { builtInShapes } from '../../steps/shapes.ts';
import { refusedFindings } from '../refused-findings.ts';
import { type Box, OpenableBox } from './box.ts';
import type { Given, Opener, Running } from './running.ts';

/** What a box stands on. */
export interface BoxOptions {
  /**
   * The configuration file, or what would stand in one; its flows and handlers join those of the
   * code. Nothing where it is left out.
   */
  readonly config?: string | Document;
  /**
   * The folder that holds the log: `.signalbox` beside the configuration file, or in the current
   * folder, where it is left out. One box at a time has it.
   */
  readonly data?: string;
  /** What `${NAME}` stands for; the process's environment where it is left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Says nothing where it is left out: see `createLogger`. */
  readonly logger?: Logger;
}

/** What an engine is opened with. */
export interface EngineParts {
  readonly configuration: Configuration;
  readonly given: Given;
  readonly logger: Logger;
}

/** How a box comes by its engine, and what it shares with it. */
export interface Surroundings {
  readonly options: Omit<BoxOptions, 'data'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly open: (parts: EngineParts) => Promise<Signalbox>;
}

/**
 * Signalbox in a program. It does nothing before its `start`, or the first use of what needs it.
 *
 * @example
 *   const box = await signalbox({ config: './signalbox.yaml' });
 *   box.flow(flow('greet', { on: 'user.created' }, (step) => [step.emit('user.greeted')]));
 *   await box.start();
 *   await box.emit('user.created', { name: 'Ada' });
 *   await box.stop();
 *
 * @throws SignalboxError `config.missing` where there is no such file.
 */
export async function signalbox(options: BoxOptions = {}): Promise<Box> {
  const { config } = options;
  const isFile = typeof config === 'string';
  if (isFile && !existsSync(config)) {
    const message = `There is no file ${config}; create it, or name another.`;
    throw new SignalboxError('config.missing', message);
  }
  const folder = isFile ? homeOf(resolve(config)) : process.cwd();
  const dataDirectory = resolve(options.data ?? join(folder, '.signalbox'));
  const open = ({ configuration, given, logger }: EngineParts): Promise<Signalbox> => {
    const { hooks, followers } = given;
    const common = { dataDirectory, mode: 'run', apply: true } as const;
    return openSignalbox({ ...common, configuration, hooks, followers, logger });
  };
  const clock = new SystemClock();
  return new OpenableBox(openerOf({ options, clock, random: systemRandom, open }));
}

/** What opens the engine of a box, from its files and what code has given. */
export function openerOf({ options, clock, random, open }: Surroundings): Opener {
  return async (given, secrets) => {
    const { logger = silentLogger, env = process.env } = options;
    const variables = { ...env };
    const written = (): readonly SourceFile[] => {
      // What was registered since the last reading has its variables too.
      Object.assign(variables, secrets.values);
      return filesOf(given);
    };
    const loaded = await loadConfiguration({ ...mainOf(options), env: variables, written });
    const { configuration, findings } = loaded;
    if (configuration === undefined) throw refusedFindings(findings);
    const box = await open({ configuration, given, logger });
    const commits = new CommitSignal(box.store, clock);
    const stop = new AbortController();
    const running: Running = {
      box,
      commits,
      stop,
      stopping: stop.signal,
      store: box.store,
      clock,
      random,
      logger,
      async reload() {
        const reloaded = await box.reload({ actor: 'code' });
        if (!reloaded.ok) throw refusedFindings(reloaded.findings);
      },
    };
    void box.failed.then((error) => {
      logger.error('the engine cannot go on', { error: error.message });
      stop.abort();
    });
    return running;
  };
}

/** The name of what code gives in place of a configuration file. */
const CODE_FILE = 'signalbox.json';

function mainOf({ config = {} }: BoxOptions): Omit<LoadOptions, 'env'> {
  const shapes = builtInShapes;
  if (typeof config === 'string') return { file: config, shapes };
  const text = `${JSON.stringify(asFile(config, 'The configuration'), undefined, 1)}\n`;
  return { file: join(process.cwd(), CODE_FILE), text, files: [], shapes };
}

/** What code has given, as the files that it stands for. */
function filesOf({ flows, tools, sources }: Given): readonly SourceFile[] {
  const isEmpty = flows.length + sources.length === 0;
  return [
    ...(isEmpty ? [] : [{ path: 'flows/code.json', text: fileOf({ flows, sources }) }]),
    ...tools.map((tool) => ({ path: `tools/${tool.name}.json`, text: toolFileOf(tool) })),
  ];
}
