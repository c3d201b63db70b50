/**
 * Something with a life. The composition root starts services in order and stops them in reverse.
 *
 * `start` resolves when the service works, and rejects when it cannot. `stop` takes no new work,
 * lets what is under way end or be recovered later, and resolves when nothing of it runs; it is
 * safe before `start` and safe twice.
 */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}
