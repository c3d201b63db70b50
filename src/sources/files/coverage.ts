import { join, sep } from 'node:path';
import picomatch from 'picomatch';
import type { Disk } from './disk.ts';
import { GitIgnores, type LeavesOut } from './git-ignore.ts';
import { isWithin, outwards, splitPath } from './paths.ts';

/** Which paths below the root are meant, by their names alone. */
export interface Globs {
  /** Empty where every file is. */
  readonly pattern: readonly string[];
  readonly ignore: readonly string[];
  /** Whether what git leaves out is left out too. */
  readonly gitignore: boolean;
}

/** What a pair of globs says of paths relative to the root. */
interface GlobMatcher {
  /** Whether this file is meant. */
  covers(path: string): boolean;
  /** Whether a file that is meant could lie in this folder. */
  enters(folder: string): boolean;
}

const GIT_FOLDER = '.git';

/** Names that begin with a dot are names like any other, as they are to `.gitignore`. */
const OPTIONS = { dot: true };

/** Whether the globs mean a file of this path, relative to the root; git's rules are not asked. */
export function meansFile(globs: Pick<Globs, 'pattern' | 'ignore'>, path: string): boolean {
  return matcherOf(globs).covers(path);
}

/** Makes the globs into a matcher. Whoever wrote them has checked them. */
function matcherOf({ pattern, ignore }: Pick<Globs, 'pattern' | 'ignore'>): GlobMatcher {
  const meant = pattern.length === 0 ? () => true : picomatch([...pattern], OPTIONS);
  const leftOut = ignore.length === 0 ? () => false : picomatch(ignore.map(bare), OPTIONS);
  const bases = pattern.map((glob) => picomatch.scan(glob).base.replace(/^\.$/, ''));
  return {
    covers: (path) => !leftOut(path) && meant(path),
    enters: (folder) =>
      !leftOut(folder) &&
      (bases.length === 0 ||
        bases.some((base) => isWithin(folder, base) || isWithin(base, folder))),
  };
}

/** `dist/` leaves out the folder, whose path has no slash at its end. */
function bare(glob: string): string {
  return glob.length > 1 ? glob.replace(/\/$/, '') : glob;
}

/** How many folders' rules are kept at hand. */
const FOLDERS_AT_HAND_MAX = 64;
/** How many paths one folder's rules are asked about before they are made anew. */
const QUESTIONS_MAX = 4_096;

/** Whether a file, by its absolute path, is one that the daemon writes itself as it works. */
export type IsOurs = (path: string) => boolean;

/** A root, and what of it is watched. */
export interface CoveredPlace {
  readonly root: string;
  readonly globs: Globs;
  /** Absolute paths of folders that are left out whatever the globs say. */
  readonly never: readonly string[];
  /** Those are left out too: each event about one would make the next. */
  readonly isOurs: IsOurs;
}

/** What is watched below a root, and what is left out: globs, `.gitignore`, and what never is. */
export class Coverage {
  /** Whether the root itself lies in what is left out. */
  readonly isNever: boolean;
  readonly #globs: GlobMatcher;
  readonly #git: GitIgnores;
  readonly #heedsGit: boolean;
  readonly #root: string;
  readonly #never: readonly string[];
  readonly #isOurs: IsOurs;
  readonly #atHand = new Map<string, { questions: number; leavesOut: LeavesOut }>();

  constructor(disk: Disk, place: CoveredPlace) {
    this.#root = place.root;
    this.#never = place.never;
    this.#isOurs = place.isOurs;
    this.isNever = place.never.some((folder) => isInFolder(place.root, folder));
    this.#globs = matcherOf(place.globs);
    this.#git = new GitIgnores(disk, place.root);
    this.#heedsGit = place.globs.gitignore;
  }

  /** Reads the rules that stand around the root. */
  async readAround(): Promise<void> {
    this.#atHand.clear();
    await this.#git.readAround();
  }

  /** Reads the `.gitignore` of a folder anew. */
  async read(folder: string): Promise<void> {
    this.#atHand.clear();
    await this.#git.read(folder);
  }

  /** Whether a file at this path would be watched. */
  covers(path: string): boolean {
    const [folder, name] = splitPath(path);
    if (this.isNever || name === GIT_FOLDER || this.#isOurs(join(this.#root, path))) return false;
    return this.#globs.covers(path) && !this.#leavesOut(folder, path);
  }

  /** Whether a folder at this path would be looked into. */
  enters(path: string): boolean {
    const [folder, name] = splitPath(path);
    if (this.isNever || name === GIT_FOLDER || this.#never.includes(join(this.#root, path)))
      return false;
    return this.#globs.enters(path) && !this.#leavesOut(folder, `${path}/`);
  }

  /** Whether a file would be watched by other globs, and the rules of git as they are now. */
  coveredBy(globs: Globs): (path: string) => boolean {
    const matcher = matcherOf(globs);
    return (path) => matcher.covers(path) && !(globs.gitignore && this.#leftOutByGit(path));
  }

  /** By itself, or with one of the folders that it lies in. */
  #leftOutByGit(path: string): boolean {
    const folders = [...outwards(splitPath(path)[0])].filter((folder) => folder !== '');
    const places = [path, ...folders.map((folder) => `${folder}/`)];
    return places.some((place) => this.#rulesLeaveOut(folderOf(place), place));
  }

  #leavesOut(folder: string, path: string): boolean {
    return this.#heedsGit && this.#rulesLeaveOut(folder, path);
  }

  #rulesLeaveOut(folder: string, path: string): boolean {
    const kept = this.#atHand.get(folder);
    if (kept !== undefined && kept.questions < QUESTIONS_MAX) {
      kept.questions += 1;
      return kept.leavesOut(path);
    }
    if (this.#atHand.size >= FOLDERS_AT_HAND_MAX) this.#atHand.clear();
    const leavesOut = this.#git.of(folder);
    this.#atHand.set(folder, { questions: 1, leavesOut });
    return leavesOut(path);
  }
}

/** By absolute paths, with the system's own separator. */
function isInFolder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}${sep}`);
}

/** Of a file, or of a folder whose path ends with a slash. */
function folderOf(path: string): string {
  return splitPath(path.replace(/\/$/, ''))[0];
}
