import { parseExpression } from '../query/parse.ts'
import { closest } from './closest.ts'
import type {
  PlacementConstraint,
  PlacementStrategy,
  TaskDefinitionPlacementConstraint,
} from './desired-state.generated.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'

/** The placement constraints of a service or of a task definition, which is found at `at`. */
export function checkConstraints(
  at: string,
  constraints: readonly (PlacementConstraint | TaskDefinitionPlacementConstraint)[],
): DocumentProblem[] {
  return constraints.flatMap(({ type, expression }, i) => {
    const here = pointer(at, 'placementConstraints', i)
    if (type === 'distinctInstance') {
      return expression === undefined
        ? []
        : [documentProblem(pointer(here, 'expression'), 'distinctInstance takes no expression')]
    }
    if (expression === undefined) return [documentProblem(here, 'memberOf needs an expression')]
    const parsed = parseExpression(expression)
    if (parsed.ok) return []
    return [documentProblem(pointer(here, 'expression'), `${parsed.message} (at character ${parsed.at + 1})`)]
  })
}

/** One placement strategy, which is found at `at`. */
export function checkStrategy(at: string, { type, field }: PlacementStrategy): DocumentProblem[] {
  const { fits, known, words } = FIELDS[type]
  if (fits(field)) return []
  if (field === undefined) return [documentProblem(at, `${type} needs a field: ${words}`)]
  const message = `${type} takes ${words}, not ${quote(field)}`
  return [documentProblem(pointer(at, 'field'), message, closest(field, known))]
}

/** What each strategy does with its field. */
const FIELDS: Readonly<
  Record<
    PlacementStrategy['type'],
    { fits: (field: string | undefined) => boolean; known: readonly string[]; words: string }
  >
> = {
  random: { fits: field => field === undefined, known: [], words: 'no field' },
  spread: {
    fits: field => /^(?:instanceId|host|attribute:[A-Za-z0-9_./-]{1,128})$/.test(field ?? ''),
    known: ['instanceId', 'host'],
    words: 'instanceId or attribute:NAME',
  },
  binpack: {
    fits: field => field === 'cpu' || field === 'memory',
    known: ['cpu', 'memory'],
    words: 'cpu or memory',
  },
}
