import { SESSION_MS } from '../identity/sessions.ts';

/**
 * What the cookie of a server's sessions is called. Browsers tell ports of one machine not apart,
 * so that two daemons would take each other's.
 */
export function cookieName(port: number): string {
  return `signalbox_${port}`;
}

/** The session that the `Cookie` header brings; undefined for none, and where there are two. */
export function sessionOf(header: string | undefined, name: string): string | undefined {
  const found = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  // Another page of this machine may have set one of its own beside ours.
  return found.length === 1 && found[0] !== '' ? found[0] : undefined;
}

export interface CookieOptions {
  readonly name: string;
  /** Whether browsers reach us by HTTPS alone. */
  readonly secure: boolean;
}

/** The header that gives a browser its session: no script reads it, no other site sends it. */
export function setCookie(secret: string, options: CookieOptions): string {
  return cookie(secret, SESSION_MS / 1_000, options);
}

/** The header that takes it away. */
export function clearCookie(options: CookieOptions): string {
  return cookie('', 0, options);
}

function cookie(value: string, seconds: number, { name, secure }: CookieOptions): string {
  const always = `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict`;
  return secure ? `${always}; Secure` : always;
}
