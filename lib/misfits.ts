/** What was given to a construct, or to what a factory made, and does not fit. */
const misfits = new WeakMap<object, string[]>()

/** Notes it, for synth to refuse. A factory does not know its place in the app; what takes its value does. */
export function note(owner: object, messages: readonly string[]): void {
  if (messages.length > 0) misfits.set(owner, [...misfitsOf(owner), ...messages])
}

/** All that was noted of it. */
export function misfitsOf(owner: object): readonly string[] {
  return misfits.get(owner) ?? []
}
