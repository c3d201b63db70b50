import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A text that only who has the key can read, or change; `about` must be known to open it too. */
export function sealText(text: string, key: Uint8Array, about: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(about));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
}

/** The text again; undefined where the key or what it is about is another, or a bit has changed. */
export function openSealed(sealed: string, key: Uint8Array, about: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  try {
    const opener = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    opener.setAAD(Buffer.from(about)).setAuthTag(tag);
    const body = opener.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([body, opener.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
