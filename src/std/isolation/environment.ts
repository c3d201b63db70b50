/** Variables by which a loader, a shell or the C library can be made to run other code. */
const HAZARDS = /^(LD_|LIBMOUNT_|BASH|MALLOC_|GLIBC_)|^(ENV|SHELLOPTS|PS4|IFS|GCONV_PATH|LOCPATH)$/;

type Environment = Readonly<Record<string, string>>;

/** An environment, parted by who may see it. */
export interface PartedEnvironment {
  /** For all: what isolates the command, and the command. */
  readonly common: Environment;
  /** For the command alone. */
  readonly own: Environment;
}

/**
 * Keeps from the programs that isolate a command what would run the command's code in them, and so
 * outside.
 */
export function partEnvironment(environment: Environment): PartedEnvironment {
  const entries = Object.entries(environment);
  const isHazard = ([name]: readonly [string, string]): boolean => HAZARDS.test(name);
  return {
    common: Object.fromEntries(entries.filter((entry) => !isHazard(entry))),
    own: Object.fromEntries(entries.filter(isHazard)),
  };
}
