/** Where the daemon says what it does. Fields are values; the message is a sentence without them. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = { readonly [name: string]: string | number | boolean | undefined };

/** Says nothing: for commands whose output is their result. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };
