import { isObject, type Json } from '../../std/json.ts';

/** The value under a dotted path of own members; undefined where a part of it is missing. */
export function valueAt(value: Json | undefined, path: string): Json | undefined {
  let found: Json | undefined = value;
  for (const name of path.split('.')) {
    found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}

/** The text under a path; null where there is none. */
export function textAt(value: Json | undefined, path: string): string | null {
  const found = valueAt(value, path);
  return typeof found === 'string' ? found : null;
}

/** The first of some paths under which there is a text that is not empty; else null. */
export function firstText(value: Json | undefined, ...paths: readonly string[]): string | null {
  return (
    paths.map((path) => textAt(value, path)).find((text) => text !== null && text !== '') ?? null
  );
}

/** The number under a path; null where there is none. */
export function numberAt(value: Json | undefined, path: string): number | null {
  const found = valueAt(value, path);
  return typeof found === 'number' ? found : null;
}

/** The yes or no under a path; null where there is neither. */
export function flagAt(value: Json | undefined, path: string): boolean | null {
  const found = valueAt(value, path);
  return typeof found === 'boolean' ? found : null;
}

/** The list under a path; empty where there is none. */
export function listAt(value: Json | undefined, path: string): readonly Json[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? (found as readonly Json[]) : [];
}

/** The texts of a list, or those that its objects have under a name. */
export function textsAt(value: Json | undefined, path: string, name?: string): readonly string[] {
  return listAt(value, path).flatMap((item) => {
    const text = name === undefined ? item : valueAt(item, name);
    return typeof text === 'string' ? [text] : [];
  });
}
