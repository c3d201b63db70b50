/** The folder of a path relative to the root, and its name in it. The root itself is ''. */
export function splitPath(path: string): readonly [folder: string, name: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)];
}

/** A name in a folder, as a path relative to the root. */
export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** Whether a path is the folder, or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** The folder itself, then each one around it up to the root. */
export function* outwards(folder: string): Generator<string> {
  for (let at = folder; at !== ''; [at] = splitPath(at)) yield at;
  yield '';
}
