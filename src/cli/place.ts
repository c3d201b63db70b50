import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CONFIGURATION_NAMES, homeOf } from '../config/home.ts';
import type { Globals } from './globals.ts';

/** Where a command works: which configuration, which data. */
export interface Place {
  /** Absolute; undefined where none is named and none is found. */
  readonly configFile: string | undefined;
  /** Absolute. It need not exist. */
  readonly dataDirectory: string;
}

const DATA_DIRECTORY = '.signalbox';

/** Finds the configuration from here upwards, and the data directory beside it. */
export function findPlace({ config, data }: Globals, workingDirectory: string): Place {
  const configFile =
    config === undefined ? findUpwards(workingDirectory) : resolve(workingDirectory, config);
  const home = configFile === undefined ? workingDirectory : homeOf(configFile);
  return {
    configFile,
    dataDirectory:
      data === undefined ? join(home, DATA_DIRECTORY) : resolve(workingDirectory, data),
  };
}

function findUpwards(from: string): string | undefined {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const found = CONFIGURATION_NAMES.map((name) => join(directory, name)).find((file) =>
      existsSync(file),
    );
    if (found !== undefined || directory === dirname(directory)) return found;
  }
}
