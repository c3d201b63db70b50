import { STANDS_FOR_SECRET } from '../std/redact.ts';
import { isSecretReference } from '../store/secrets/secret-table.ts';

/** Names of fields that hold a credential, in small letters and without what joins words. */
const NAMES = new RegExp(
  '(?:passwords?|passwd|passphrase|secrets?|secretkey|accesskey|privatekey|apikeys?|apitoken|' +
    'token|authorization|credentials?|cookies?)$',
);
const NAMES_WHOLE: ReadonlySet<string> = new Set(['pwd', 'pass', 'auth', 'bearer']);
/** Tokens that only say where a list goes on. */
const PLACES = /(?:page|continuation|next|cursor|sync|cancel|cancellation|ct)tokens?$/;

/** No field is called like a credential that has none of these in its name. */
const HINT = '(?:pass|pwd|secret|key|token|auth|bearer|credential|cookie)';
const HINTS = new RegExp(HINT, 'i');
/** Looked at before a name is taken for one, since most names have no hint in them. */
const HINTED = `(?=[^"\\\\]{0,99}?${HINT})`;

/**
 * A member of an object with a text or a number as its value; also within a text that is JSON
 * itself, where each quote has a backslash before it.
 */
const MEMBERS = [
  new RegExp(
    `"${HINTED}([^"\\\\]{1,100})"(\\s*:\\s*)("(?:[^"\\\\]|\\\\.)+"|-?\\d[\\d.eE+-]*)`,
    'gis',
  ),
  new RegExp(
    `\\\\"${HINTED}([^"\\\\]{1,100})\\\\"(\\s*:\\s*)(\\\\"(?:[^"\\\\]|\\\\[^"])+\\\\")`,
    'gis',
  ),
] as const;

/**
 * Credentials that are known by what they look like: keys and tokens of GitHub, GitLab, AWS, Slack,
 * Stripe, Google, npm and OpenAI, private keys, and what follows a scheme of HTTP or stands before
 * the host in a URL.
 */
const SHAPES = new RegExp(
  [
    /\bgh[pousr]_[A-Za-z0-9]{20,255}/,
    /\bgithub_pat_\w{20,255}/,
    /\bgl(?:pat|dt|rt|ptt|cbt|oas)-[\w.-]{20,255}/,
    /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
    /\bxox[a-z](?:-[\w]{1,200}){1,9}/,
    /\bxapp-[\w-]{10,255}/,
    /hooks\.slack\.com\/services\/[\w/]{10,255}/,
    /\b[srp]k_(?:live|test)_\w{10,255}/,
    /\bwhsec_[\w+/=]{16,255}/,
    /\bAIza[\w-]{35}/,
    /\bnpm_[A-Za-z0-9]{30,255}/,
    /\bsk-[\w-]{20,255}/,
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^"\\]|\\.)*/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gs',
);

/**
 * A JSON web token, or what only begins like one. That is taken too, since each word of it might
 * begin like one as well, and would be read to its end again.
 */
const WEB_TOKEN = /\beyJ[\w-]{10,}(?:\.[\w-]{10,}\.[\w-]*)?/g;

/** What stands behind a scheme of HTTP, or before the host in a URL; what is before it stays. */
const BEHIND = [
  /\b((?:Bearer|Basic|Token)\s)[\w+/.~=-]{12,8192}/g,
  /(:\/\/[^\s/:@"\\]{1,100}:)[^\s/:@"\\]{1,256}(?=@)/g,
] as const;

/**
 * A JSON document that a stranger sent without the credentials that it holds: the values of fields
 * named like one, and what looks like one. All else stays byte for byte as it came.
 *
 * The text must be JSON; it is so afterwards too. Takes time linear in the text.
 */
export function withoutCredentials(text: string): string {
  const fields = HINTS.test(text) ? withoutFields(text) : text;
  const bare = fields
    .replaceAll(WEB_TOKEN, (found) => (found.includes('.') ? STANDS_FOR_SECRET : found))
    .replaceAll(SHAPES, STANDS_FOR_SECRET);
  return BEHIND.reduce((rest, shape) => rest.replaceAll(shape, `$1${STANDS_FOR_SECRET}`), bare);
}

function withoutFields(text: string): string {
  const [plain, escaped] = MEMBERS;
  const fields = text.replaceAll(plain, (...match: string[]) => replaced(match, '"'));
  if (!fields.includes('\\"')) return fields;
  return fields.replaceAll(escaped, (...match: string[]) => replaced(match, '\\"'));
}

function replaced(
  [whole = '', name = '', colon = '', value = '']: string[],
  quote: string,
): string {
  // What was sealed before has only its name there.
  if (!isCredential(name) || isSecretReference(value)) return whole;
  return `${quote}${name}${quote}${colon}${quote}${STANDS_FOR_SECRET}${quote}`;
}

function isCredential(name: string): boolean {
  const bare = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return (NAMES.test(bare) && !PLACES.test(bare)) || NAMES_WHOLE.has(bare);
}
