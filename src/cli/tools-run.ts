import type { Configuration } from '../config.ts';
import type { Event } from '../events/event.ts';
import type { Emission, StepContext } from '../runs/step-kind.ts';
import { delay } from '../std/clock.ts';
import { SignalboxError } from '../std/errors.ts';
import { escapeText } from '../std/escape.ts';
import { isObject, type Json, parseJson } from '../std/json.ts';
import { silentLogger } from '../std/logger.ts';
import { randomText } from '../std/random.ts';
import { BuiltInSteps } from '../steps/kinds.ts';
import { argumentProblems } from '../steps/tools/arguments.ts';
import { toolShape } from '../steps/tools/built-in.ts';
import { type FoundAction, isNotFound } from '../steps/tools/registry.ts';
import { loadForCommand } from './configuration.ts';
import { placeOf, wantsJson } from './connect.ts';
import type { CliContext } from './context.ts';
import { jsonOf } from './emit-input.ts';
import type { Globals } from './globals.ts';
import { printDocument } from './output.ts';
import { toolsOf } from './tools-known.ts';

/** The flags of `tools run`. */
export interface ToolsRunFlags extends Globals {
  readonly action?: string | undefined;
  readonly input?: string | undefined;
  readonly interactive?: boolean | undefined;
}

const OWNER_LENGTH = 12;

/**
 * Uses a tool once, as a step of the project would, and prints what it gives: a text as it is,
 * anything else as JSON. Needs no daemon, and records nothing.
 *
 * @throws SignalboxError `usage.invalid` where the tool does not take this, or with the code of
 *   what failed.
 */
export async function runTool(this: CliContext, flags: ToolsRunFlags, name: string): Promise<void> {
  const { registry, configuration } = await toolsOf(this, flags);
  const found = registry.find(name, flags.action);
  if (isNotFound(found)) throw usage(`"${found.of}": ${found.message}`);
  const input = inputOf(flags, found, this.workingDirectory);
  const loaded = configuration ?? (await loadForCommand(this, flags));
  const output = await call(this, flags, { found, input, configuration: loaded });
  if (typeof output !== 'string' || wantsJson(this, flags)) {
    return printDocument(this.terminal, output);
  }
  await this.terminal.print(output.endsWith('\n') || output === '' ? output : `${output}\n`);
}

interface Call {
  readonly found: FoundAction;
  readonly input: Json;
  readonly configuration: Configuration;
}

async function call(context: CliContext, flags: ToolsRunFlags, { found, input, ...loaded }: Call) {
  const { settings, directory, catalog } = loaded.configuration;
  const { clock } = context;
  const steps = new BuiltInSteps({
    // Nobody's: what it leaves behind is its own, and no daemon's.
    owner: `cli${randomText(OWNER_LENGTH)}`,
    httpAllow: settings.security.http_allow,
    models: {},
    findTool: async (_, name) => catalog.tools?.get(name),
    toolCalls: {
      mode: flags.interactive === true ? 'interactive' : 'automated',
      onLog: (text) => noteLines(context, text),
    },
    dataDirectory: placeOf(context, flags).dataDirectory,
    clock,
    logger: silentLogger,
  });
  const over = new AbortController();
  const limit = new AbortController();
  const timeoutMs = found.action.timeoutMs ?? toolShape.timeoutMs;
  void delay(clock, timeoutMs, over.signal).then(() => limit.abort());
  try {
    const kind = steps.kinds.find(({ shape }) => shape.kind === toolShape.kind);
    if (kind === undefined) throw new TypeError('no step uses tools');
    const asked = { tool: found.tool.name, action: found.name, with: input };
    const given = { directory, signal: limit.signal, now: clock.now(), catalog: catalog.hash };
    const result = await kind.execute(stepContext({ ...given, input: asked }));
    if (result.kind === 'done') {
      noteEmitted(context, result.emits ?? []);
      return result.output;
    }
    const error = 'error' in result ? result.error : { code: 'tool.failed', message: result.kind };
    throw new SignalboxError(error.code, error.message);
  } finally {
    over.abort();
    await steps.stop();
  }
}

/** What a tool printed beside its result. */
function noteLines({ terminal }: CliContext, text: string): void {
  if (text.trim() === '') return;
  for (const line of text.trimEnd().split('\n')) terminal.note(`${escapeText(line)}\n`);
}

function noteEmitted({ terminal }: CliContext, emits: readonly Emission[]): void {
  if (emits.length === 0) return;
  const types = emits.map(({ type }) => escapeText(type)).join(', ');
  terminal.note(`In a run it would emit ${types}.\n`);
}

/** What a tool is told of a step that is none. */
function stepContext(
  given: Pick<StepContext, 'directory' | 'signal' | 'now' | 'catalog' | 'input'>,
): StepContext {
  const key = `cli-${randomText(OWNER_LENGTH)}`;
  const time = new Date(given.now).toISOString();
  const event: Event = {
    specversion: '1.0',
    id: key,
    source: 'cli',
    type: 'manual.triggered',
    time,
    received: time,
    data: null,
    seq: 0,
    correlationid: key,
    hops: 0,
    trust: 'trusted',
  };
  const names = { run: key, flow: 'cli', step: 'cli', attempt: 1, epoch: '0.0', key };
  return { ...given, ...names, event };
}

function inputOf(flags: ToolsRunFlags, found: FoundAction, folder: string): Json {
  const input = parseJson(jsonOf(flags.input ?? '{}', { flag: '--input', folder }));
  if (!isObject(input)) throw usage('--input is an object of arguments, such as {"path": "a.md"}');
  const problems = argumentProblems(found, input);
  // What is misspelt is missing too: the word itself says more.
  const problem = problems.find(({ code }) => code === 'config.unknown_key') ?? problems[0];
  if (problem === undefined) return input;
  throw usage(`--input: "${problem.path.join('.')}": ${problem.message}`);
}

function usage(message: string): SignalboxError {
  return new SignalboxError('usage.invalid', message.endsWith('?') ? message : `${message}.`);
}
