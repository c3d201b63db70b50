/** Takes secrets out of texts that are shown or recorded. */
export type Redact = (text: string) => string;

/** What is shorter is no secret, and would be found in texts that do not hold it. */
const SECRET_LENGTH_MIN = 8;
const STANDS_FOR_SECRET = '[secret]';

/** Finds each of the secrets as it is, and as URLs, JSON and base64 write it. */
export function redactor(secrets: readonly string[]): Redact {
  const forms = secrets
    .filter(({ length }) => length >= SECRET_LENGTH_MIN)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ]);
  // A longer one may hold a shorter one.
  const all = [...new Set(forms)].toSorted((a, b) => b.length - a.length);
  return (text) => all.reduce((rest, form) => rest.replaceAll(form, STANDS_FOR_SECRET), text);
}
