import type { ContainerRestartPolicy } from '../engine/desired-state/document.generated.ts'
import type { ContainerDefinitionOptions } from './container-definition.ts'
import { compact } from './document.ts'
import { checkWhole } from './limits.ts'

const EXIT_CODES_MAX = 50

/** The restart policy's place in the document; undefined where nothing is said of it. */
export function renderRestartPolicy({
  enableRestartPolicy: enabled,
  restartIgnoredExitCodes,
  restartAttemptPeriod,
}: ContainerDefinitionOptions): ContainerRestartPolicy | undefined {
  if (enabled === undefined) return undefined
  return compact({
    enabled,
    ignoredExitCodes: restartIgnoredExitCodes && [...restartIgnoredExitCodes],
    restartAttemptPeriod: restartAttemptPeriod?.toSeconds(),
  })
}

/** What is wrong with the restart policy of a container. */
export function checkRestartPolicy(options: ContainerDefinitionOptions): string[] {
  const { enableRestartPolicy, restartIgnoredExitCodes: codes, restartAttemptPeriod: period } = options
  return [
    ...(!enableRestartPolicy && (codes !== undefined || period !== undefined)
      ? ['restartIgnoredExitCodes and restartAttemptPeriod need enableRestartPolicy: true']
      : []),
    ...checkWhole('restartAttemptPeriod in seconds', period?.toSeconds(), 60, 1800),
    ...(codes && codes.length > EXIT_CODES_MAX
      ? [`at most ${EXIT_CODES_MAX} restartIgnoredExitCodes, not ${codes.length}`]
      : []),
    ...(codes ?? []).flatMap(code => checkWhole('an exit code', code, -(2 ** 31), 2 ** 31 - 1)),
  ]
}
