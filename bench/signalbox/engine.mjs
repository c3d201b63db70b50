// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { noopStep } from './noop-step.mjs';

/**
 * @typedef {import('../../src/signalbox.ts').Signalbox} Signalbox
 *
 * @typedef {import('../../src/runs/step-kind.ts').StepContext} StepContext
 *
 * @typedef {{ directory: string; dist: string }} Place
 */

/** Runs that may be under way at once: as many as keep the commit groups full. */
const SLOTS = 1_024;

/**
 * The engine as the daemon runs it, without the server: store, router and runner, with flows that
 * are given as YAML lines and may use the step `noop`.
 *
 * @param {Place} place the data lies in its `directory`
 * @param {{
 *   flows: readonly string[];
 *   sources?: readonly string[];
 *   onStep?: (context: StepContext) => void;
 * }} options
 * @returns {Promise<Signalbox>}
 */
export async function openEngine({ directory, dist }, { flows, sources = [], onStep = () => {} }) {
  /** @param {string} path */
  const load = (path) => import(pathToFileURL(join(dist, path)).href);
  const { loadConfiguration } = await load('config.js');
  const { openSignalbox } = await load('signalbox.js');
  const { builtInShapes } = await load('steps/shapes.js');
  const { silentLogger } = await load('std/logger.js');

  const noop = noopStep(onStep);
  const heard = sources.length === 0 ? [] : ['sources:', ...sources];
  const file = writeConfiguration(join(directory, 'config'), flows, heard);
  const shapes = [...builtInShapes, noop.shape];
  const { configuration, findings } = await loadConfiguration({ file, env: {}, shapes });
  if (configuration === undefined) throw new Error(JSON.stringify(findings[0]));
  const dataDirectory = join(directory, 'data');
  mkdirSync(dataDirectory, { recursive: true });
  const mode = 'run';
  const options = { configuration, dataDirectory, mode, apply: true, logger: silentLogger };
  return openSignalbox({ ...options, kinds: [noop] });
}

/**
 * Writes a configuration with these flows, and further lines, into a folder of its own.
 *
 * @param {string} folder
 * @param {readonly string[]} flows
 * @param {readonly string[]} [further] lines beside them: settings and sources
 */
export function writeConfiguration(folder, flows, further = []) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'signalbox.yaml');
  const settings = [`max_concurrent_handlers: ${SLOTS}`, 'port: 0', ...further];
  writeFileSync(file, `${[...settings, 'flows:', ...flows].join('\n')}\n`);
  return file;
}

/**
 * A flow of steps that do nothing, as YAML.
 *
 * @param {string} name
 * @param {{ on: string; steps: number; step?: string }} options
 */
export function flowOf(name, { on, steps, step = 'noop: {}' }) {
  const list = Array.from({ length: steps }, () => step).join('}, {');
  return `  ${name}: {on: ${on}, steps: [{${list}}]}`;
}
