declare module 'json-diff' {
  /** A text that shows where two JSON values differ, one line a member. */
  export function diffString(
    from: unknown,
    to: unknown,
    options?: { color?: boolean; full?: boolean },
  ): string
}
