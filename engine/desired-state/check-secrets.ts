import { parseSource, sourceOfFile } from '../secrets/source.ts'
import type { ContainerDefinition } from './desired-state.generated.ts'
import { mountPath } from './mount-path.ts'
import { type DocumentProblem, documentProblem, pointer } from './problem.ts'
import { repeated } from './repeated.ts'

/** Where secrets that are delivered as files are found in a container. */
const FOLDER = '/run/secrets'

/** What the secrets, environment files and registry login of a container must hold and the schema cannot say. */
export function checkSecrets(at: string, container: ContainerDefinition): DocumentProblem[] {
  const { secrets, environment, environmentFiles, repositoryCredentials, mountPoints } = container
  const variables = new Set(environment.map(e => e.name))
  const login = repositoryCredentials?.credentialsParameter
  const isFile = secrets.some(s => s.deliverAs === 'file')
  return [
    ...repeated(secrets.map(s => s.name)).map(i =>
      documentProblem(pointer(at, 'secrets', i, 'name'), 'another secret of this container has this name'),
    ),
    ...secrets.flatMap(({ name, valueFrom, deliverAs }, i) => [
      ...(deliverAs === 'environment' && variables.has(name)
        ? [documentProblem(pointer(at, 'secrets', i, 'name'), `environment sets ${name}, too`)]
        : []),
      ...(deliverAs === 'file' ? checkFileName(pointer(at, 'secrets', i, 'name'), name) : []),
      ...checkSource(pointer(at, 'secrets', i, 'valueFrom'), valueFrom),
    ]),
    ...mountPoints.flatMap(({ containerPath }, i) =>
      isFile && mountPath(containerPath) === FOLDER
        ? [
            documentProblem(
              pointer(at, 'mountPoints', i, 'containerPath'),
              `${FOLDER} is where the secrets of this container are put`,
            ),
          ]
        : [],
    ),
    ...environmentFiles.flatMap(({ value }, i) => {
      const here = pointer(at, 'environmentFiles', i, 'value')
      return value.endsWith('.env')
        ? checkSource(here, sourceOfFile(value))
        : [documentProblem(here, 'the path of an environment file ends in .env')]
    }),
    ...(login === undefined
      ? []
      : checkSource(pointer(at, 'repositoryCredentials', 'credentialsParameter'), login)),
  ]
}

function checkSource(at: string, text: string): DocumentProblem[] {
  const parsed = parseSource(text)
  return parsed.ok ? [] : [documentProblem(at, parsed.message)]
}

function checkFileName(at: string, name: string): DocumentProblem[] {
  return /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(name)
    ? []
    : [documentProblem(at, 'a secret that is a file has a name of letters, digits, -, _ and dots')]
}
