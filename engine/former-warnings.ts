import type { ConnectOptions } from './docker/connect.ts'
import { connectAll } from './docker/connect-all.ts'
import type { DockerHost } from './docker/docker-host.ts'
import { type Problem, problem } from './errors.ts'
import type { FormerInstance } from './former-instances.ts'
import { LABEL } from './identity.ts'

/** It is only told of: who is gone for good is not waited for. */
const CONNECT_TIMEOUT_MS = 3000

/** What is left of the cluster where no apply looks any more. */
export async function formerWarnings(
  former: readonly FormerInstance[],
  cluster: string,
  options: ConnectOptions,
): Promise<Problem[]> {
  if (former.length === 0) return []
  const results = await connectAll(former, { ...options, connectTimeoutMs: CONNECT_TIMEOUT_MS })
  const warnings = await Promise.all(
    results.map(async result => {
      const instance = former.find(f => f.name === result.name)
      if ('host' in result) return await leftOn(result.host, cluster)
      return instance?.isRecent
        ? warning(result.name, 'and does not answer: what ran there runs on, if it is not gone')
        : undefined
    }),
  )
  return warnings.filter(w => w !== undefined)
}

async function leftOn(host: DockerHost, cluster: string): Promise<Problem | undefined> {
  try {
    const all = await host.listContainers()
    const tasks = all.flatMap(({ Labels: labels, State: state }) =>
      labels?.[LABEL.cluster] === cluster && labels[LABEL.service] !== undefined && state === 'running'
        ? [`${labels[LABEL.service]}.${labels[LABEL.slot]}`]
        : [],
    )
    const names = [...new Set(tasks)].sort()
    if (names.length === 0) return undefined
    const what = names.length === 1 ? '1 task runs' : `${names.length} tasks run`
    return warning(host.name, `and ${what} there: ${names.join(', ')}`)
  } catch {
    return undefined
  } finally {
    host.close()
  }
}

function warning(instance: string, what: string): Problem {
  return problem('INSTANCE_REMOVED', `${instance} is no longer in the document, ${what}`, { instance })
}
