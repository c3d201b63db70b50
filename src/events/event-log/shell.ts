/** A text as one word of a shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * `emit_event` for bash, which appends a line to the log that `SIGNALBOX_EVENT_LOG` names, else to
 * this one. What it is called with is only ever printed: nothing of it is read as code, as a
 * pattern, or as the name of a file.
 */
export function shellFunctions(log: string): string {
  return `# emit_event TYPE OPERATION CONTEXT PAYLOAD appends one line to the event log:
# the file that SIGNALBOX_EVENT_LOG names, else ${log.replaceAll(/[^ -~]/g, '?')}
emit_event() ${emitEvent(log)}

# Sets REPLY to TEXT with each FROM replaced by TO.
_signalbox_replace() ${REPLACE}
`;
}

/**
 * The same as bash finds functions in its environment, for a command that may be a script of bash:
 * no other program looks at it.
 */
export function shellEnvironment(log: string): { readonly [name: string]: string } {
  return {
    SIGNALBOX_EVENT_LOG: log,
    'BASH_FUNC_emit_event%%': `() ${emitEvent(log)}`,
    'BASH_FUNC__signalbox_replace%%': `() ${REPLACE}`,
  };
}

function emitEvent(log: string): string {
  return `{
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
}`;
}

const REPLACE = `{
  local rest=$1 from=$2 to=$3
  REPLY=''
  while :; do
    case $rest in
      *"$from"*) REPLY+="\${rest%%"$from"*}$to" && rest=\${rest#*"$from"} ;;
      *) break ;;
    esac
  done
  REPLY+=$rest
}`;
