/** Whether a text says where a log lies: in the data directory, or in a PostgreSQL database. */
export function isStore(text: string): boolean {
  return text === 'sqlite' || /^postgres(ql)?:\/\/\S+$/.test(text);
}

/** What a text must be that says so. */
export const STORE_FORM = 'sqlite, or the URL of a database such as postgres://user@host/name';

/** A database as people may read it: without the password, and what else an URL may hold. */
export function shownDatabase(url: string): string {
  return url.replace(/^([a-z]+:\/\/)([^/?#]*@)?/, '$1').replace(/[?#].*$/s, '');
}

/** The password in an URL as it is meant; undefined where there is none. */
export function passwordIn(url: string): string | undefined {
  const [, password] = /^[a-z]+:\/\/[^/?#@:]*:([^/?#@]+)@/.exec(url) ?? [];
  try {
    return password === undefined ? undefined : decodeURIComponent(password);
  } catch {
    return password;
  }
}
