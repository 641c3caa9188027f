/** What becomes of one field of ECS's API here. */
export type EcsField = SupportedField | RefusedField

/** works: with ECS's meaning. adapted: the name is kept, and the meaning is the nearest that a Docker host has. */
export interface SupportedField {
  readonly verdict: 'works' | 'adapted'
  /** Its place in the Docker Engine API, or what stowage does with it. */
  readonly becomes: string
  readonly shownBy: Evidence
}

/** Nothing here does what it asks for: it is an error, unless `ignoreUnsupported` lets it go. */
export interface RefusedField {
  readonly verdict: 'refused'
  /** A clause that says why. */
  readonly why: string
  /** A sentence that says what to do instead. */
  readonly instead: string
  /** Values that ask for nothing, or for what is so anyway. Empty texts, lists and objects, null and false are always among them. */
  readonly inert: readonly unknown[]
  /** A clause that says what is left where it is let go. Default: nothing that matters. */
  readonly leaves?: string
}

/** The test that shows a field at work. */
export interface Evidence {
  readonly file: string
  /** The test's own title, without those of what it stands in. */
  readonly title: string
  /** Why it is no test on a real engine. */
  readonly standsIn?: string
}

/** A value of a field that is otherwise supported. */
export interface RefusedValue {
  /** What a person writes after the field's name and a colon. */
  readonly value: string
  /** Whether what stands in the field, or in one element of its list, is meant. */
  readonly isIn: (found: unknown) => boolean
  readonly why: string
  readonly instead: string
  /** The same for what was found, where more can be said of it. Default: `instead`. */
  readonly insteadOf?: (found: unknown) => string
}

/** One shape of ECS's API, which is found at one place of an input. */
export interface EcsShape {
  readonly name: string
  readonly input: EcsInput
  /** '' is the input itself; `containerDefinitions[].portMappings[]` the element of a list in one. */
  readonly at: string
  readonly fields: Readonly<Record<string, EcsField>>
  /** By field; where it is a list, the elements are looked at one by one. */
  readonly refusedValues?: Readonly<Record<string, readonly RefusedValue[]>>
}

/** RunTask: a task that runs once. */
export type EcsInput = 'task definition' | 'service' | 'RunTask'

export function works(becomes: string, shownBy: Evidence): EcsField {
  return { verdict: 'works', becomes, shownBy }
}

export function adapted(becomes: string, shownBy: Evidence): EcsField {
  return { verdict: 'adapted', becomes, shownBy }
}

export function refused(why: string, instead: string, ...inert: readonly unknown[]): RefusedField {
  return { verdict: 'refused', why, instead, inert }
}

/** The same, with what it leaves. */
export function leaving(field: RefusedField, leaves: string): RefusedField {
  return { ...field, leaves }
}

/** A test on a real engine; with `standsIn` one that is not. */
export function shown(file: string, title: string, standsIn?: string): Evidence {
  return standsIn === undefined ? { file, title } : { file, title, standsIn }
}
