/** Who brought something about, as the log says it. */
export interface Attribution {
  /** `NAME#TOKEN`, `owner`, `cli`, or what of our own did it. */
  readonly by: string;
  /** The id of the request of HTTP by which they did it; undefined where it was none. */
  readonly request?: string | undefined;
}

/** What a record says of who brought it about: of a larger thing these two and nothing else. */
export function attributionOf({ by, request }: Attribution): Attribution {
  return request === undefined ? { by } : { by, request };
}
