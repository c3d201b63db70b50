import type { CommandEnd, Processes } from '../std/command.ts';
import { visibleText } from './visible-text.ts';
import type { Channel, Delivery, Message } from './channel.ts';
import { PLACEHOLDERS } from './shape.ts';
import { bodyOf } from './webhook.ts';

/** What a command is run with. */
export interface CommandChannelOptions {
  readonly name: string;
  /** The program and its arguments, in which `PLACEHOLDERS` stand. */
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: { readonly [name: string]: string };
  readonly processes: Processes;
}

/** Its output is read and dropped; of what it says of a failure the end is told. */
const STDOUT_BYTES_MAX = 0;
const STDERR_BYTES_MAX = 1_024;

/**
 * Runs a command for each message. What stands in braces is filled in within its argument, which
 * stays one: no shell reads it. The message is also JSON on standard input.
 */
export function commandChannel(options: CommandChannelOptions): Channel {
  const { name, argv, directory, environment, processes } = options;
  return {
    name,
    carriesLinks: true,
    async send(message, signal) {
      const values = valuesOf(message);
      const end = await processes.run({
        argv: argv.map((argument) => filled(argument, values)),
        directory,
        environment,
        stdin: `${JSON.stringify(bodyOf(message))}\n`,
        stdoutBytesMax: STDOUT_BYTES_MAX,
        stderrBytesMax: STDERR_BYTES_MAX,
        signal,
      });
      return deliveryOf(end);
    },
  };
}

type Values = Readonly<Record<(typeof PLACEHOLDERS)[number], string>>;

function valuesOf({ to, text, urgency, dedupeId }: Message): Values {
  return { to, message: text, urgency, dedupe_id: dedupeId };
}

/** In one pass: what a message holds in braces stays as it is. */
function filled(argument: string, values: Values): string {
  return argument.replaceAll(/\{([a-z_]+)\}/g, (written, name: string) => {
    const known = PLACEHOLDERS.find((place) => place === name);
    return known === undefined ? written : values[known];
  });
}

function deliveryOf(end: CommandEnd): Delivery {
  switch (end.kind) {
    case 'unstarted': {
      const reason = `its command could not be started: ${end.reason.replaceAll('_', ' ')}`;
      return { kind: end.reason === 'unavailable' ? 'failed' : 'refused', reason };
    }
    case 'killed':
      return { kind: 'failed', reason: `its command was ended by ${end.signal}` };
    case 'exited': {
      if (end.code === 0) return { kind: 'sent' };
      const said = visibleText(end.stderr.bytes.toString('utf8'));
      const tail = said === '' ? '' : `: ${said}`;
      return { kind: 'failed', reason: `its command ended with exit code ${end.code}${tail}` };
    }
  }
}
