/** `npm test`'s steps: what each runner is given. */
export function chooseFiles(
  args: readonly string[],
): { readonly runner: 'vitest' | 'playwright'; readonly files: readonly string[] }[];
