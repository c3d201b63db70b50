import { hash, timingSafeEqual } from 'node:crypto';

/** Whether a text is the token. Takes the same time however much of it is right. */
export type TokenCheck = (candidate: string) => boolean;

/** Keeps only the token's hash. */
export function tokenCheck(token: string): TokenCheck {
  const expected = digest(token);
  return (candidate) => timingSafeEqual(digest(candidate), expected);
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
