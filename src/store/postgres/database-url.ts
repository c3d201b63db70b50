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

/** The passwords in an URL as they are meant: before its host, and in its query. */
export function passwordsIn(url: string): readonly string[] {
  const [, user] = /^[a-z]+:\/\/[^/?#@:]*:([^/?#@]+)@/.exec(url) ?? [];
  const [, query] = /[?&]password=([^&#]+)/.exec(url) ?? [];
  return [user, query].flatMap((text) => (text === undefined ? [] : decoded(text)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
