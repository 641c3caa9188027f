import { shortRevision } from './identity.ts'
import type { Action, Plan, Step } from './plan.ts'

/** A plan as text: one line a step, with what it comes after and why. */
export function printPlan(plan: Plan): string[] {
  const width = Math.max(0, ...plan.steps.map(s => s.action.instance.length))
  return plan.steps.map(step => printStep(step, width))
}

function printStep(step: Step, width: number): string {
  const after = step.after.length === 0 ? '' : ` after ${step.after.join(', ')}`
  return `${String(step.id).padStart(2)} ${step.action.instance.padEnd(width)} ${describeAction(step.action)}${after} (${step.cause})`
}

/** An action in a few words, without its instance: "create web.5 nginx", "pull nginx@sha256:9d2c…". */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case 'pull-image':
      return `pull ${shortImage(action.image)}`
    case 'import-image':
      return `import ${action.image}`
    case 'create-network':
      return `create network ${action.name}`
    case 'create-volume':
      return `create volume ${action.name}`
    case 'create-container':
      return `create ${action.task.service}.${action.task.slot} ${action.container} of ${shortRevision(action.task.revision)}`
    case 'put-secrets':
      return `put secrets into ${action.container.name}`
    case 'put-log-config':
      return `put the configuration of the log router into ${action.container.name}`
    case 'start-container':
      return `start ${action.container.name}`
    case 'unpause-container':
      return `unpause ${action.container.name}`
    case 'update-container':
      return `set the resources of ${action.container.name}`
    case 'stop-container':
      return `stop ${action.container.name} (up to ${action.timeout} s)`
    case 'remove-container':
      return `remove ${action.container.name}`
    case 'remove-image':
      return `remove image ${shortImage(action.image)}`
    case 'remove-volume':
      return `remove volume ${action.name}`
    case 'remove-network':
      return `remove network ${action.name}`
  }
}

/** An image with as much of its digest as tells it from others. */
export function shortImage(image: string): string {
  return image.replace(/(sha256:[0-9a-f]{8})[0-9a-f]{56}$/, '$1…')
}
