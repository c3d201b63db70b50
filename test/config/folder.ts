import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Loaded, loadConfiguration, type LoadOptions } from '../../src/config.ts';
import { formatFinding } from '../../src/std/diagnostics.ts';
import { builtInShapes } from '../../src/steps/shapes.ts';

/** A folder with these files, gone after the test. */
export function makeProject(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-project-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Loads the configuration of a folder, with nothing in the environment. */
export function load(
  folder: string,
  { file = 'signalbox.yaml', ...options }: Partial<LoadOptions> = {},
): Promise<Loaded> {
  return loadConfiguration({
    file: join(folder, file),
    env: {},
    shapes: builtInShapes,
    ...options,
  });
}

/** The findings, each file relative to the folder. */
export function said({ findings }: Loaded, folder: string): string[] {
  return findings.map((finding) => formatFinding(finding).replace(`${folder}/`, ''));
}
