import { basename, dirname } from 'node:path';
import { FILE_ENDINGS } from '../flows/file-endings.ts';

/** What the configuration file of a folder may be called, the first choice first. */
export const CONFIGURATION_NAMES: readonly string[] = FILE_ENDINGS.filter(
  (ending) => ending !== '.md',
).map((ending) => `signalbox${ending}`);

/**
 * The folder that the paths of a configuration file are relative to: a profile's is above it. By
 * its name a configuration file is none, whatever the folder of its project is called.
 */
export function homeOf(file: string): string {
  const folder = dirname(file);
  if (basename(folder) !== 'profiles' || CONFIGURATION_NAMES.includes(basename(file)))
    return folder;
  const above = dirname(folder);
  return basename(above) === '.amplifier' ? dirname(above) : above;
}
