import { readFileSync, writeFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** What one call took. */
export interface Measurement<T> {
  readonly result: T
  readonly ms: number
  /** Of all threads, so that what else the machine does is left out; the collector's are in it. */
  readonly cpuMs: number
  /** The most memory of the process that was resident meanwhile; the world that is planned for is in it. */
  readonly peakRssMiB: number
  /** The JavaScript heap at the end, before anything of it is collected. */
  readonly heapMiB: number
}

/** Runs it once with a collected heap. */
export function measure<T>(run: () => T): Measurement<T> {
  globalThis.gc?.()
  resetPeak()
  const cpu = process.cpuUsage()
  const start = performance.now()
  const result = run()
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return {
    result,
    ms: Math.round(ms),
    cpuMs: Math.round((user + system) / 1000),
    peakRssMiB: Math.round(peakKiB() / 1024),
    heapMiB: Math.round(process.memoryUsage().heapUsed / (1024 * 1024)),
  }
}

/** Linux keeps a high-water mark that can be set back; elsewhere the one of the whole run is told. */
function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // then it is the peak since the process began
  }
}

function peakKiB(): number {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (peak !== undefined) return Number(peak)
  } catch {
    // no Linux
  }
  return process.resourceUsage().maxRSS
}
