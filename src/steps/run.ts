import { shellEnvironment } from '../events/event-log/shell.ts';
import type { Proposed } from '../gates/content.ts';
import type {
  ProposedCall,
  StepAccess,
  StepContext,
  StepKind,
  StepResult,
} from '../runs/step-kind.ts';
import type { CommandEnd, Processes } from '../std/command.ts';
import { messageOf } from '../std/errors.ts';
import { isObject } from '../std/json.ts';
import { redactedResult } from '../runs/redacted-result.ts';
import { KnownSecrets } from '../std/known-secrets.ts';
import type { Redact } from '../std/redact.ts';
import { type AttemptFolder, type AttemptFolders, readOutput } from './attempt-folders.ts';
import { OUTPUT_BYTES_MAX } from './command-output.ts';
import { type FinishedCommand, type Logged, resultOf } from './command-result.ts';
import { proposeCommand } from './propose-command.ts';
import { readRunInput, type RunInput } from './run-input.ts';
import { runShape } from './run-shape.ts';
import { withInput } from './written-value.ts';

/** What a `run` step needs of its surroundings. */
export interface RunOptions {
  readonly processes: Processes;
  readonly folders: AttemptFolders;
  /** The daemon's own environment, of which a command gets what `BASE_ENVIRONMENT` names. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** Takes secrets out of the end of standard error, before it is cut. */
  readonly redact?: Redact | undefined;
}

/** What a command gets of the daemon's environment: without these hardly any program works. */
export const BASE_ENVIRONMENT: readonly string[] = ['PATH', 'HOME', 'LANG', 'TMPDIR'];

/** How much of the end of standard error is kept with a failure. */
const STDERR_BYTES_MAX = 16_384;
/** What is read before that: there the rest of a secret would stand that was cut in two. */
const STDERR_BEFORE = 8_192;

/**
 * Runs a command. Its arguments reach it byte for byte, as no shell reads them; what it writes to
 * `$SIGNALBOX_OUTPUT`, or else prints, is the step's output.
 */
export function runStep(options: RunOptions): StepKind {
  const execute = (context: StepContext): Promise<StepResult> =>
    withInput(context, readRunInput, (input) => run(input, context, options));
  const propose = ({ input, directory }: ProposedCall): Promise<Proposed> => {
    const command = readRunInput({ input, directory });
    const text = isObject(input) ? input['run'] : undefined;
    return proposeCommand({ ...command, script: typeof text === 'string' ? text : undefined });
  };
  return { shape: runShape, propose, execute };
}

async function run(
  input: RunInput,
  context: StepContext,
  options: RunOptions,
): Promise<StepResult> {
  return runCommand(
    () => input,
    context,
    options,
    (ended) => resultOf(ended, input),
  );
}

/**
 * Runs a command in a folder of its own for its files, and gives what `settle` makes of its end.
 * `inputOf` is told the folder.
 */
export async function runCommand(
  inputOf: (folder: AttemptFolder) => Omit<RunInput, 'name' | 'meanings'>,
  context: StepContext,
  options: RunOptions,
  settle: (ended: FinishedCommand) => StepResult,
): Promise<StepResult> {
  const { processes, folders } = options;
  let folder: AttemptFolder;
  try {
    folder = await folders.create(context.event);
  } catch (error) {
    const message = `There is no room for the command's files: ${messageOf(error)}.`;
    return { kind: 'retry', error: { code: 'run.not_started', message, happened: 'no' } };
  }
  try {
    const access = await context.access?.();
    const own = secretsOf(context, access);
    const input = inputOf(folder);
    const end = await processes.run({
      argv: input.argv,
      directory: input.directory,
      environment: {
        ...baseOf(options),
        ...input.environment,
        ...context.secrets,
        ...namesOf(context, folder),
        ...(input.isHeard === true && shellEnvironment(folder.eventLog)),
        ...wayOf(access),
      },
      stdin: input.stdin,
      stdoutBytesMax: OUTPUT_BYTES_MAX,
      keepsStdoutEnd: input.keepsEnd,
      stderrBytesMax: STDERR_BEFORE + STDERR_BYTES_MAX,
      signal: context.signal,
    });
    const written = await readOutput(folder.outputFile, OUTPUT_BYTES_MAX);
    const logged = input.isHeard === true ? await readEventLog(folder, own) : undefined;
    return redactedResult(settle({ end: shortened(end, own, options), written, logged }), own);
  } finally {
    await folders.remove(folder);
  }
}

/** Where there is none, or something else than a file, nothing was written. */
async function readEventLog({ eventLog }: AttemptFolder, own: KnownSecrets): Promise<Logged> {
  const logged = await readOutput(eventLog, OUTPUT_BYTES_MAX);
  if (logged.kind === 'too_large') return 'too much';
  return { text: logged.kind === 'bytes' ? own.text(String(logged.bytes)) : '' };
}

/** What only this command was told: the log must not keep what lets somebody in. */
function secretsOf({ secrets = {} }: StepContext, access: StepAccess | undefined): KnownSecrets {
  const own = new KnownSecrets();
  own.add(...Object.values(secrets), ...(access === undefined ? [] : [access.token]));
  return own;
}

/** The end with no more of standard error than is kept. */
function shortened(
  end: CommandEnd,
  own: KnownSecrets,
  { redact = (text) => text }: RunOptions,
): CommandEnd {
  if (end.kind === 'unstarted') return end;
  const { bytes, bytesPrinted } = end.stderr;
  const kept = Buffer.from(redact(own.text(String(bytes)))).subarray(-STDERR_BYTES_MAX);
  return { ...end, stderr: { bytes: kept, bytesPrinted } };
}

function baseOf({ environment }: RunOptions): { readonly [name: string]: string } {
  const base: { [name: string]: string } = {};
  for (const name of BASE_ENVIRONMENT) {
    const value = environment[name];
    if (value !== undefined) base[name] = value;
  }
  return base;
}

/** What a command is told of the attempt that it is. */
function namesOf(context: StepContext, folder: AttemptFolder): { readonly [name: string]: string } {
  return {
    SIGNALBOX_RUN_ID: context.run,
    SIGNALBOX_FLOW: context.flow,
    SIGNALBOX_STEP: context.step,
    SIGNALBOX_ATTEMPT: String(context.attempt),
    SIGNALBOX_EPOCH: context.epoch,
    SIGNALBOX_IDEMPOTENCY_KEY: context.key,
    SIGNALBOX_EVENT: folder.eventFile,
    SIGNALBOX_OUTPUT: folder.outputFile,
    ...(context.traceparent !== undefined && { TRACEPARENT: context.traceparent }),
  };
}

/** How the command reaches the daemon, as far as its run may. */
function wayOf(access: StepAccess | undefined): { readonly [name: string]: string } {
  if (access === undefined) return {};
  return { SIGNALBOX_URL: access.url, SIGNALBOX_TOKEN: access.token };
}
