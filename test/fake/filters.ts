import { Refusal } from './reply.ts'

/** Docker's `filters` parameter: values of one name are alternatives, but labels must all match. */
export type Filters = Partial<Record<string, string[]>>

/** What filters look at. */
export interface Filtered {
  id?: string
  name?: string
  status?: string
  labels: Record<string, string> | null
}

/** Reads the parameter, as a list of values or as Docker's older map of them. Throws 400 for an unknown filter. */
export function readFilters(text: string | null, known: readonly string[]): Filters {
  if (text === null || text === '') return {}
  const filters: Filters = {}
  const value: Record<string, string[] | Record<string, boolean>> = JSON.parse(text)
  for (const [name, values] of Object.entries(value)) {
    if (!known.includes(name)) throw new Refusal(400, `Invalid filter '${name}'`)
    filters[name] = Array.isArray(values) ? values : Object.keys(values)
  }
  return filters
}

export function matches(filters: Filters, subject: Filtered): boolean {
  const { id, name, status, label = [] } = filters
  return (
    (id?.some(i => subject.id?.startsWith(i)) ?? true) &&
    (name?.some(n => `/${subject.name}`.includes(n)) ?? true) &&
    (status?.some(s => s === subject.status) ?? true) &&
    label.every(wanted => hasLabel(subject.labels ?? {}, wanted))
  )
}

function hasLabel(labels: Record<string, string>, wanted: string): boolean {
  const at = wanted.indexOf('=')
  if (at < 0) return wanted in labels
  return labels[wanted.slice(0, at)] === wanted.slice(at + 1)
}
