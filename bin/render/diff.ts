import type { ClusterDiff, DataVolume, PlannedStep, Reason, ServiceDiff } from '../../engine/diff.ts'
import { standingText } from './instances.ts'
import { problemLines, warningLines } from './problems.ts'
import type { Style } from './style.ts'
import { onceText, thingsText } from './things.ts'
import { count, duration, listed, printable, shortDigests, size, some, table } from './text.ts'

/** What a change does, for a person: what, why, how long it hurts. With `waves` every step of it. */
export function diffLines(
  diff: ClusterDiff,
  style: Style,
  options: { readonly waves?: boolean } = {},
): string[] {
  const general = (service?: string) =>
    service === undefined || !diff.services.some(s => s.service === service)
  const problems = problemLines(
    diff.problems.filter(p => general(p.service)),
    style,
  )
  const warnings = warningLines(
    diff.warnings.filter(p => general(p.service)),
    style,
  )
  if (diff.upToDate)
    return [
      upToDateLine(diff, style),
      ...placementLines(diff),
      ...standingLines(diff, style),
      ...warningLines(diff.warnings, style),
    ]
  const moved = diff.services.filter(isShown)
  const sections = [
    [titleLine(diff, style), ...standingLines(diff, style)],
    ...moved.map(s => serviceLines(s, diff, style)),
    leftoverLines(diff, style),
    options.waves ? waveLines(diff, style) : [],
    [...warnings, ...problems],
    [totalLine(diff)],
  ]
  return sections.filter(s => s.length > 0).flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]))
}

function isShown({ kind, problems, warnings, placementChanges }: ServiceDiff): boolean {
  return kind !== 'same' || problems.length > 0 || warnings.length > 0 || placementChanges.length > 0
}

/** Where nothing is to be done the next tasks are all the same placed otherwise. */
function placementLines({ services }: ClusterDiff): string[] {
  return services.flatMap(s =>
    s.placementChanges.map(
      ({ field, from, to, effect }) =>
        `${printable(s.service)}   ${field}   ${printable(from)} → ${printable(to)}   ${effect}`,
    ),
  )
}

function upToDateLine(diff: ClusterDiff, style: Style): string {
  const instances = count(diff.containerInstances, 'container instance')
  const things = listed(thingsText(diff.services))
  return `${style.title(diff.cluster)}  ${style.good('nothing to do')}: ${instances}, ${things} as the document says`
}

function titleLine({ cluster, containerInstances, services }: ClusterDiff, style: Style): string {
  const once = services.filter(s => s.schedulingStrategy === 'TASK')
  const of = (kind: ServiceDiff['kind']) =>
    services.filter(s => s.schedulingStrategy !== 'TASK' && s.kind === kind).length
  const parts = (
    [
      [of('create'), 'is new', 'are new'],
      [of('change'), 'changes', 'change'],
      [of('mend'), 'is mended', 'are mended'],
      [of('remove'), 'goes', 'go'],
      [of('same'), 'stays as it is', 'stay as they are'],
    ] as const
  )
    .filter(([n]) => n > 0)
    .map(([n, one, more], i) => `${i === 0 ? count(n, 'service') : n} ${n === 1 ? one : more}`)
  const tasks = onceParts(once)
  return [
    `${style.title(cluster)}   ${count(containerInstances, 'container instance')}`,
    ...parts,
    ...tasks,
  ].join(', ')
}

/** Of tasks that run once. */
function onceParts(once: readonly ServiceDiff[]): string[] {
  const goes = once.filter(s => s.kind === 'remove').length
  const has = once.filter(s => s.kind === 'same').length
  const runs = once.length - goes - has
  return [
    ...(runs > 0 ? [`${count(runs, 'task')} ${runs === 1 ? 'runs' : 'run'} once`] : []),
    ...(has > 0 ? [`${onceText(has).join('')} ${has === 1 ? 'stays as it is' : 'stay as they are'}`] : []),
    ...(goes > 0 ? [`${count(goes, 'task')} that ran once ${goes === 1 ? 'goes' : 'go'}`] : []),
  ]
}

function standingLines({ standings }: ClusterDiff, style: Style): string[] {
  return standings.flatMap(s => {
    const text = standingText(s)
    return text === undefined ? [] : [`  ${style.warn(s.instance)}  ${text}`]
  })
}

function serviceLines(s: ServiceDiff, diff: ClusterDiff, style: Style): string[] {
  const details = [
    ...changeRows(s),
    ...(s.kind === 'create' && s.starts > 0 ? [`starts ${placementText(s, diff)}`] : []),
    ...s.reasons.map(reasonLine),
    ...(s.kind === 'remove' && s.stops > 0 ? [`stops ${count(s.stops, 'task')}${stopTime(s)}`] : []),
    ...s.volumes.map(volumeLine),
    ...(s.waitsFor.length > 0 ? [waitLine(s, diff)] : []),
    ...rollingLines(s),
  ]
  return [
    `${mark(s, style)} ${style.title(printable(s.service))}   ${headline(s, diff)}`,
    ...details.map(line => `    ${line}`),
    ...warningLines(s.warnings, style).map(line => `    ${line}`),
    ...problemLines(s.problems, style).map(line => `    ${line}`),
  ]
}

function mark({ kind }: ServiceDiff, style: Style): string {
  if (kind === 'create') return style.good('+')
  if (kind === 'remove') return style.bad('-')
  return kind === 'same' ? ' ' : style.warn('~')
}

function headline(s: ServiceDiff, diff: ClusterDiff): string {
  const revision = s.revision === '' ? '' : `   revision ${revisions(s)}`
  if (s.kind === 'remove') return `${s.schedulingStrategy} ${s.running}   no longer in the document`
  if (s.schedulingStrategy === 'DAEMON') {
    return `DAEMON   on ${s.desired} of ${count(diff.containerInstances, 'container instance')}${revision}`
  }
  const counts =
    s.kind === 'create'
      ? String(s.desired)
      : s.running === s.desired
        ? String(s.running)
        : `${s.running} → ${s.desired}`
  if (s.schedulingStrategy === 'TASK') {
    const times = s.desired === 1 ? 'runs once' : `${s.desired} tasks run once`
    return `TASK   ${s.kind === 'same' ? 'has run' : times}${revision}`
  }
  return `REPLICA ${counts}${revision}`
}

function revisions({ oldRevisions, revision, kind }: ServiceDiff): string {
  const from = oldRevisions.map(r => (r === '' ? '(none)' : printable(r).slice(0, 8))).join(', ')
  return kind === 'same' || from === '' ? revision.slice(0, 8) : `${from} → ${revision.slice(0, 8)}`
}

/** What is another in the document, each with what it does to the tasks. */
function changeRows(s: ServiceDiff): string[] {
  const effect = s.schedulingStrategy === 'TASK' ? 'runs it once more' : 'replaces every task'
  const rows = s.changes.map(c => [
    printable(c.container ?? ''),
    printable(c.field),
    `${printable(c.from)} → ${printable(c.to)}`,
    effect,
  ])
  if (s.replacesAll && rows.length === 0)
    rows.push(['', 'revision', 'what the old one was is not known', effect])
  if (s.kind === 'change' && s.running !== s.desired && s.schedulingStrategy === 'REPLICA') {
    const more = s.desired - s.running
    rows.push([
      '',
      'desiredCount',
      `${s.running} run → ${s.desired}`,
      more > 0 ? `starts ${more}` : `stops ${-more}`,
    ])
  }
  for (const { field, from, to, effect } of s.placementChanges)
    rows.push(['', field, `${printable(from)} → ${printable(to)}`, effect])
  const hasContainers = rows.some(([container]) => container !== '')
  return table(hasContainers ? rows : rows.map(row => row.slice(1)))
}

function waitLine({ waitsFor }: ServiceDiff, { services }: ClusterDiff): string {
  const isTask = (name: string) => services.some(s => s.service === name && s.schedulingStrategy === 'TASK')
  const [tasks, others] = [waitsFor.filter(isTask), waitsFor.filter(name => !isTask(name))]
  const be = (names: readonly string[], one: string, more: string) => (names.length === 1 ? one : more)
  const parts = [
    ...(tasks.length > 0 ? [`${listed(tasks)} ${be(tasks, 'has', 'have')} ended well`] : []),
    ...(others.length > 0 ? [`${listed(others)} ${be(others, 'is', 'are')} in service`] : []),
  ]
  return `waits until ${parts.join(' and ')}`
}

function placementText({ placement, starts }: ServiceDiff, diff: ClusterDiff): string {
  const on = Object.entries(placement)
  const tasks = count(starts, 'task')
  if (on.length === 0) return tasks
  if (on.length > 6)
    return `${tasks} on ${on.length} of ${count(diff.containerInstances, 'container instance')}`
  return `${tasks}: ${on.map(([instance, n]) => (n === 1 ? instance : `${n} on ${instance}`)).join(', ')}`
}

function reasonLine({ cause, effect, tasks }: Reason): string {
  const on = tasks.map(t => `${printable(t.task)} on ${t.instance}`)
  return `${effect}: ${some(on, 4)}   because: ${shortDigests(printable(cause))}`
}

/** Whoever has data there is to read that it stays, or that there will be none. */
function volumeLine({ volume, on, made }: DataVolume): string {
  const stays = on.length > 0 ? [`its data is on ${some(on, 4)}, where its tasks stay`] : []
  const rest = on.length > 0 ? ', without that data' : '; its tasks stay there from now on'
  const empty = made.length > 0 ? [`made on ${some(made, 4)}, empty${rest}`] : []
  return `volume ${printable(volume)}: ${[...stays, ...empty].join('; ')}`
}

function rollingLines(s: ServiceDiff): string[] {
  if (!s.bounds) return []
  const { lower, upper } = s.bounds
  const stops = `${count(s.stops, 'task')} ${s.stops === 1 ? 'stops' : 'stop'}${stopTime(s)}`
  const waves = count(s.waves, 'wave')
  if (s.schedulingStrategy === 'REPLICA') {
    const portFirst = s.warnings.some(w => w.code === 'PORT_TAKEN')
    const least = portFirst
      ? `fewer than ${lower} healthy while a host port changes hands`
      : `never fewer than ${lower} healthy`
    return [`rolling: ${least}, never more than ${upper} · ${waves} · ${stops}`]
  }
  const meanwhile = lower > 0 ? `never fewer than ${lower} healthy` : 'all may be down at once'
  return [`on each instance the old task stops, then the new one starts: ${meanwhile} · ${waves} · ${stops}`]
}

function stopTime({ stopTimeout }: ServiceDiff): string {
  return stopTimeout > 0 ? ` (up to ${duration(stopTimeout)} each)` : ''
}

function leftoverLines({ leftovers }: ClusterDiff, style: Style): string[] {
  return leftovers.map(l => `${style.bad('-')} ${printable(l.subject)} on ${l.instance}   ${l.cause}`)
}

/** Every Docker call: a line each. */
function waveLines({ waves }: ClusterDiff, style: Style): string[] {
  return waves.flatMap((steps, i) => [
    style.title(`wave ${i + 1} of ${waves.length}`),
    ...table(steps.map(stepRow)).map(line => `    ${line}`),
  ])
}

function stepRow({ instance, what, cause }: PlannedStep): string[] {
  return [instance, printable(what), shortDigests(printable(cause))]
}

/** All in all. */
function totalLine({ starts, stops, pulls, leftovers, cleanUp, waves, problems }: ClusterDiff): string {
  if (problems.length > 0)
    return `${count(problems.length, 'problem')}: apply changes nothing while there ${problems.length === 1 ? 'is one' : 'are any'}.`
  const parts: string[] = []
  if (starts > 0) parts.push(`${count(starts, 'task')} ${starts === 1 ? 'starts' : 'start'}`)
  if (stops > 0)
    parts.push(
      starts > 0
        ? `${stops} ${stops === 1 ? 'stops' : 'stop'}`
        : `${count(stops, 'task')} ${stops === 1 ? 'stops' : 'stop'}`,
    )
  if (pulls.length > 0) {
    const instances = new Set(pulls.flatMap(p => p.instances)).size
    const are = pulls.length === 1 ? 'is' : 'are'
    parts.push(`${count(pulls.length, 'image')} ${are} pulled on ${count(instances, 'instance')}`)
  }
  if (leftovers.length > 0)
    parts.push(`${count(leftovers.length, 'leftover')} ${leftovers.length === 1 ? 'goes' : 'go'}`)
  if (cleanUp.images > 0) {
    const are = cleanUp.images === 1 ? 'is' : 'are'
    const where = count(cleanUp.instances, 'instance')
    parts.push(
      `${count(cleanUp.images, 'old image')} ${are} removed on ${where} (frees up to ${size(cleanUp.bytes)})`,
    )
  }
  if (waves.length === 0) return 'There is nothing to do now; not every service is steady yet.'
  if (parts.length === 0) parts.push(count(waves.flat().length, 'Docker call'))
  return `${capital(listed(parts))}. Nothing else is touched.`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
