import type { Writable } from 'node:stream';
import type { ProcessEntry } from './process-table.ts';

/** The running guard, as whoever started it sees it. */
export interface GuardProcess {
  /** Its standard input: the guard acts when this ends, however that came about. */
  readonly input: Writable;
  /** Settles when it has ended, and also where it could not be started. */
  readonly ended: Promise<void>;
  kill(): void;
}

/** What a guard looks for, and how it is started. */
export interface GuardOptions {
  /** What stands in the environment of every process that is to be killed. */
  readonly marker: string;
  /**
   * Starts `/bin/sh` with these arguments in a session of its own; undefined where the machine has
   * nothing to spare for it at the moment.
   */
  readonly start: (argv: readonly string[]) => GuardProcess | undefined;
  /** Where the system shows its processes as files. */
  readonly table: string;
}

/** How often a guard that somebody killed is replaced. */
const STARTS_MAX = 10;
/** How much the guard may leave unread before it counts as stuck and is replaced. */
const BACKLOG_BYTES_MAX = 65_536;

/**
 * A shell that waits for the daemon's end and then kills what the daemon started.
 *
 * It holds the reading end of a pipe whose other end only the daemon has, so that it learns of
 * every end, `kill -9` included. Its command line does not say "signalbox": whoever kills all that
 * do so spares it.
 */
export class ProcessGuard {
  readonly #options: GuardOptions;
  readonly #leaders = new Set<string>();
  #process: GuardProcess | undefined;
  #starts = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Whether what is watched would be killed if the daemon ended now; true before the start. */
  get works(): boolean {
    return this.#process !== undefined || this.#starts < STARTS_MAX;
  }

  /** Starts the guard where none runs. Call it before the process to be watched is started. */
  ensure(): void {
    if (this.#process !== undefined || this.#starts >= STARTS_MAX) return;
    const { marker, start, table } = this.#options;
    const started = start(['-c', SCRIPT, 'step-guard', table]);
    if (started === undefined) return;
    this.#starts++;
    this.#process = started;
    // Writing to a guard that was killed fails; that it ended is told by `ended`.
    started.input.on('error', () => {});
    started.input.write(`${marker}\n`);
    for (const leader of this.#leaders) started.input.write(`+ ${leader}\n`);
    void started.ended.then(() => this.#replace(started));
  }

  /** From now on the group of `leader` is killed when the daemon ends. */
  watch(leader: ProcessEntry): void {
    this.#leaders.add(nameOf(leader));
    this.#write(`+ ${nameOf(leader)}\n`);
  }

  /** Call it when nothing of the group is left: its number may soon be another's. */
  release(leader: ProcessEntry): void {
    this.#leaders.delete(nameOf(leader));
    this.#write(`- ${nameOf(leader)}\n`);
  }

  /** Lets the guard do its work now, and resolves when it is done. */
  async stop(): Promise<void> {
    const last = this.#process;
    this.#starts = STARTS_MAX;
    last?.input.end();
    await last?.ended;
  }

  #write(line: string): void {
    this.#process?.input.write(line);
    if ((this.#process?.input.writableLength ?? 0) > BACKLOG_BYTES_MAX) this.#process?.kill();
  }

  #replace(ended: GuardProcess): void {
    ended.input.destroy();
    this.#process = undefined;
    if (this.#leaders.size > 0) this.ensure();
  }
}

function nameOf({ pid, start }: ProcessEntry): string {
  return `${pid}:${start}`;
}

/**
 * Reads the marker, then `+ PID:START` and `- PID:START` until its input ends; then it kills the
 * groups whose leader is still the one it was told of, what descends from them, and what is marked.
 *
 * An incomplete marker ends it at once, since an empty one would stand in every environment.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM
read -r marker || exit 0
case $marker in SIGNALBOX_PROCESS=????????*) ;; *) exit 0 ;; esac
leaders=' '
while read -r sign leader; do
  case $sign in
    +) leaders="$leaders$leader " ;;
    -) case $leaders in
      *" $leader "*) leaders="\${leaders%% $leader *} \${leaders#* $leader }" ;;
    esac ;;
  esac
done
ours=
for leader in $leaders; do
  pid=\${leader%%:*}
  case $pid in '' | 0 | 1 | *[!0-9]*) continue ;; esac
  if [ -r "$1/$pid/stat" ]; then
    read -r line < "$1/$pid/stat"
    set -- "$1" \${line##*) }
    [ "\${21}" = "\${leader#*:}" ] || continue
  fi
  ours="$ours $pid"
done
below=$(cat "$1"/[0-9]*/stat 2> /dev/null | awk -v roots="$ours" '
  BEGIN { n = split(roots, list); for (i = 1; i <= n; i++) found[list[i]] = 1 }
  { pid = $1; sub(/.*\\) /, ""); parent[pid] = $2 }
  END {
    do {
      more = 0
      for (pid in parent) if (!(pid in found) && (parent[pid] in found)) {
        found[pid] = 1
        print pid
        more = 1
      }
    } while (more)
  }')
for pid in $ours; do kill -9 -"$pid"; done
for pid in $below; do kill -9 "$pid"; done
rounds=0
while [ $rounds -lt 20 ]; do
  found=$(printf '%s\\n' "$1"/[0-9]*/environ | xargs grep -lsF -e "$marker")
  [ -n "$found" ] || exit 0
  for file in $found; do
    file=\${file%/environ}
    kill -9 "\${file##*/}"
  done
  rounds=$((rounds + 1))
done
`;
