import type { Shell } from './completion-commands.ts';
import type { CliContext } from './context.ts';

/**
 * What each shell is told. A proposal is taken as it stands: no shell expands or runs it, whatever
 * a flow is called. Where there is none, the shell completes the names of files. That of bash does
 * with what version 3.2 has, which comes with macOS.
 */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_signalbox() {
  local proposal words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  while IFS= read -r proposal; do
    COMPREPLY+=("$proposal")
  done < <("\${COMP_WORDS[0]}" completion propose -- "\${words[@]}" 2>/dev/null)
}
complete -o default -F _signalbox signalbox
`,
  zsh: `_signalbox() {
  local -a proposals typed
  typed=("\${(@)words[2,CURRENT]}")
  proposals=("\${(@f)$("\${words[1]}" completion propose -- "\${typed[@]}" 2>/dev/null)}")
  if [[ -n "\${proposals[1]}" ]]; then compadd -- "\${proposals[@]}"; else _files; fi
}
compdef _signalbox signalbox
`,
  fish: `function __signalbox_propose
  set -l typed (commandline -opc)
  $typed[1] completion propose -- $typed[2..-1] (commandline -ct) 2>/dev/null
end
complete -c signalbox -a '(__signalbox_propose)'
`,
};

/** The command that prints the script for a shell. */
export function printCompletion(shell: Shell) {
  return function print(this: CliContext): Promise<void> {
    return this.terminal.print(SCRIPTS[shell]);
  };
}
