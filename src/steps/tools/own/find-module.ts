import { dirname, resolve } from 'node:path';
import type { OwnTool } from '../../../flows/tool.ts';
import { isFile } from '../../../std/is-file.ts';

/** The file of a tool's module: beside the tool's file, or in the configuration's folder. */
export function findModule({ module = '', path }: OwnTool, directory: string): string | undefined {
  return [resolve(directory, dirname(path), module), resolve(directory, module)].find(isFile);
}
