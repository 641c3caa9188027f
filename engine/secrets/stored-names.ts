/** The names of what a container has whose value is a secret. */
export interface SecretNames {
  /** Of variables. */
  readonly environment: readonly string[]
  /** Of options of its log driver. */
  readonly logOptions: readonly string[]
}

type Names = ReadonlyMap<string, SecretNames>

const READ = new Map<string, Names>()
/** Far more task definitions than a cluster has at a time. */
const MOST = 10_000
const NONE: SecretNames = { environment: [], logOptions: [] }

/** The secrets of a container, as the label of its task definition has them; none where that cannot be read. */
export function storedSecretNames(taskDefinition: string, container: string): SecretNames {
  let names = READ.get(taskDefinition)
  if (!names) {
    if (READ.size >= MOST) READ.clear()
    READ.set(taskDefinition, (names = read(taskDefinition)))
  }
  return names.get(container) ?? NONE
}

interface Stored {
  readonly containerDefinitions: readonly {
    readonly name: string
    readonly secrets?: readonly { readonly name: string; readonly deliverAs?: string }[]
    readonly logConfiguration?: { readonly secretOptions?: readonly { readonly name: string }[] }
  }[]
}

function read(text: string): Names {
  try {
    const { containerDefinitions } = JSON.parse(text) as Stored
    return new Map(
      containerDefinitions.map(({ name, secrets = [], logConfiguration }) => [
        name,
        {
          environment: secrets.filter(s => s.deliverAs !== 'file').map(s => s.name),
          logOptions: (logConfiguration?.secretOptions ?? []).map(o => o.name),
        },
      ]),
    )
  } catch {
    return new Map()
  }
}
