type Names = ReadonlyMap<string, readonly string[]>

const READ = new Map<string, Names>()
/** Far more task definitions than a cluster has at a time. */
const MOST = 10_000

/** The variables of a container that are secrets, as the label of its task definition has it; [] where that cannot be read. */
export function storedSecretNames(taskDefinition: string, container: string): readonly string[] {
  let names = READ.get(taskDefinition)
  if (!names) {
    if (READ.size >= MOST) READ.clear()
    READ.set(taskDefinition, (names = read(taskDefinition)))
  }
  return names.get(container) ?? []
}

interface Stored {
  readonly containerDefinitions: readonly {
    readonly name: string
    readonly secrets?: readonly { readonly name: string; readonly deliverAs?: string }[]
  }[]
}

function read(text: string): Names {
  try {
    const { containerDefinitions } = JSON.parse(text) as Stored
    return new Map(
      containerDefinitions.map(({ name, secrets = [] }) => [
        name,
        secrets.filter(s => s.deliverAs !== 'file').map(s => s.name),
      ]),
    )
  } catch {
    return new Map()
  }
}
