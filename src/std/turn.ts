/**
 * Resolves in the loop's next turn: long work on data at hand asks for it now and then, so that
 * whoever else waits gets a turn in between.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
