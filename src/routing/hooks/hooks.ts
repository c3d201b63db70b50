import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock } from '../../std/clock.ts';
import type { Processes } from '../../std/command.ts';
import { isFile } from '../../std/is-file.ts';
import type { Logger } from '../../std/logger.ts';
import type { Service } from '../../std/service.ts';
import { BASE_ENVIRONMENT } from '../../steps/run.ts';
import type { HookCaller } from './caller.ts';
import { CommandCaller } from './command-caller.ts';
import type { CodeHook } from './code-hook.ts';
import { FunctionCaller } from './function-caller.ts';
import { Hook, type HookPayload } from './hook.ts';
import { ModuleCaller } from './module-caller.ts';
import { HOOK_NAMES, type HookName, type HookSettings, type HooksSettings } from './shape.ts';

/** What hooks are made of. */
export interface HooksOptions {
  readonly settings: HooksSettings;
  /** Asked behind those of the settings. */
  readonly code?: readonly CodeHook[] | undefined;
  /** The configuration's folder, in which modules are found and commands run. */
  readonly directory: string;
  /** The daemon's own environment, of which a hook gets what a `run` step gets. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** The file that is the body of a module's thread. */
  readonly entry: URL;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The hooks of a configuration, with the threads and processes that answer for them. */
export class Hooks implements Service {
  readonly name = 'hooks';
  readonly #hooks: ReadonlyMap<HookName, readonly Hook[]>;

  constructor(options: HooksOptions) {
    this.#hooks = new Map(
      HOOK_NAMES.map((name) => [
        name,
        [
          ...(options.settings[name] ?? []).map((settings) => hookOf(name, settings, options)),
          ...(options.code ?? [])
            .filter((hook) => hook.name === name)
            .map((hook) => functionHook(hook, options)),
        ],
      ]),
    );
  }

  /** Those that are called at `name`, in the order in which they are written. */
  at(name: HookName): readonly Hook[] {
    return this.#hooks.get(name) ?? [];
  }

  /** Modules are loaded behind it: a start does not wait for them. */
  async start(): Promise<void> {
    for (const { caller } of this.#all()) caller.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all().map(({ caller }) => caller.stop()));
  }

  #all(): Hook[] {
    return [...this.#hooks.values()].flat();
  }
}

function hookOf(name: HookName, settings: HookSettings, options: HooksOptions): Hook {
  const { clock, logger, directory } = options;
  const title = titleOf(settings, directory);
  const { on_failure: onFailure, events } = settings;
  const caller = callerOf(title, settings, options);
  return new Hook({ name, title, onFailure, events, caller, clock, logger });
}

function functionHook(hook: CodeHook, { clock, logger }: HooksOptions): Hook {
  const { name, title, onFailure, events, budgetMs } = hook;
  const call = (payload: unknown): unknown => hook.call(payload as HookPayload);
  const caller = new FunctionCaller({ call, budgetMs, clock });
  return new Hook({ name, title, onFailure, events, caller, clock, logger });
}

function callerOf(title: string, settings: HookSettings, options: HooksOptions): HookCaller {
  const { module, command: argv = [], budget: budgetMs } = settings;
  const { directory, clock, entry, processes, logger } = options;
  const environment = { ...baseOf(options.environment), ...settings.env };
  if (module === undefined)
    return new CommandCaller({ processes, argv, directory, environment, budgetMs, clock });
  return new ModuleCaller({
    entry,
    module: pathToFileURL(resolve(directory, module)).href,
    environment,
    budgetMs,
    clock,
    printed: (text) => logger.info('a hook printed', { hook: title, text }),
  });
}

/**
 * A name for a hook, without the values of variables that its arguments may hold: of a command the
 * program, and its script where there is one.
 */
function titleOf({ module, command = [] }: HookSettings, directory: string): string {
  if (module !== undefined) return module;
  const [program = '', script] = command;
  const hasScript = script !== undefined && isFile(resolve(directory, script));
  return hasScript ? `${basename(program)} ${script}` : basename(program);
}

function baseOf(environment: HooksOptions['environment']): { readonly [name: string]: string } {
  return Object.fromEntries(
    BASE_ENVIRONMENT.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
