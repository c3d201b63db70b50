import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DEFAULT_PATH, EVENT_LOG, eventLogConfig } from '../sources/event-log/shape.ts';
import { findingLines, load } from './configuration.ts';
import { placeOf } from './connect.ts';
import type { CliContext } from './context.ts';
import type { Globals } from './globals.ts';

/** The flags of `shellenv`. */
export interface ShellenvFlags extends Globals {
  readonly log?: string | undefined;
}

/** Prints `emit_event` for bash, to be read with: eval "$(signalbox shellenv)" */
export async function shellenv(this: CliContext, flags: ShellenvFlags): Promise<void> {
  await this.terminal.print(shellFunctions(await logOf(this, flags)));
}

/** The log that is named; else the first that the configuration reads; else the usual one. */
async function logOf(context: CliContext, flags: ShellenvFlags): Promise<string> {
  const { workingDirectory } = context;
  if (flags.log !== undefined) return resolve(workingDirectory, flags.log);
  const { configFile } = placeOf(context, flags);
  if (configFile === undefined || !existsSync(configFile)) {
    return resolve(workingDirectory, DEFAULT_PATH);
  }
  const { configuration, findings } = await load(context, configFile);
  if (configuration === undefined) {
    for (const line of findingLines(findings)) context.terminal.note(`${line}\n`);
  }
  const sources = [...(configuration?.catalog.sources?.values() ?? [])];
  const source = sources.find(({ type }) => type === EVENT_LOG);
  const path = source === undefined ? DEFAULT_PATH : eventLogConfig(source.config).path;
  return resolve(dirname(configFile), path);
}

/** A text as one word of a shell, whatever it holds. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * The functions. What they are called with is only ever printed: nothing of it is read as code, as
 * a pattern, or as the name of a file.
 */
function shellFunctions(log: string): string {
  return `# emit_event TYPE OPERATION CONTEXT PAYLOAD appends one line to the event log:
# the file that SIGNALBOX_EVENT_LOG names, else ${log.replaceAll(/[^ -~]/g, '?')}
emit_event() {
  if [ -z "\${1-}" ] || [ "$#" -gt 4 ]; then
    echo 'usage: emit_event TYPE [OPERATION [CONTEXT [PAYLOAD]]]' >&2
    return 2
  fi
  local LC_ALL=C
  local log=\${SIGNALBOX_EVENT_LOG:-${quoted(log)}}
  local now line='' field
  now=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
  case $now in *N*) now=$(date -u +%Y-%m-%dT%H:%M:%SZ) ;; esac
  for field in "\${1-}" "\${2-}" "\${3-}" "\${4-}"; do
    _signalbox_replace "$field" \\\\ '\\\\'
    _signalbox_replace "$REPLY" '|' '\\|'
    _signalbox_replace "$REPLY" $'\\n' '\\n'
    _signalbox_replace "$REPLY" $'\\r' '\\r'
    line+="|$REPLY"
  done
  line="$now|EVENT$line"
  case $log in */*) [ -d "\${log%/*}" ] || mkdir -p -- "\${log%/*}" || return ;; esac
  if [ "\${#line}" -lt 4000 ]; then
    printf '%s\\n' "$line" >> "$log"
  else
    cat <<< "$line" >> "$log"
  fi
}

# Sets REPLY to TEXT with each FROM replaced by TO.
_signalbox_replace() {
  local rest=$1 from=$2 to=$3
  REPLY=''
  while :; do
    case $rest in
      *"$from"*) REPLY+="\${rest%%"$from"*}$to" && rest=\${rest#*"$from"} ;;
      *) break ;;
    esac
  done
  REPLY+=$rest
}
`;
}
