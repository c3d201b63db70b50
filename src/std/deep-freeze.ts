/**
 * Freezes a value and everything it holds, and returns it.
 *
 * What is frozen already counts as frozen through and through; functions, maps and sets are left as
 * they are. The value must not nest deeper than the stack allows.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const held of Object.values(value)) deepFreeze(held);
  return value;
}
