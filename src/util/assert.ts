/** States what the code relies on. A failure is a defect of ours, never a reaction to input: input has its own error classes. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** The value, or a defect named by `what`. For lookups that cannot miss. */
export function present<T>(value: T | null | undefined, what: string): T {
  assert(value !== null && value !== undefined, `${what} is missing`);
  return value;
}
