import type { RuntimePlatform as RuntimePlatformJson } from '../engine/desired-state/document.generated.ts'
import { compact } from './document.ts'

export const CpuArchitecture = { X86_64: 'X86_64', ARM64: 'ARM64' } as const
export type CpuArchitecture = (typeof CpuArchitecture)[keyof typeof CpuArchitecture]

export const OperatingSystemFamily = { LINUX: 'LINUX' } as const
export type OperatingSystemFamily = (typeof OperatingSystemFamily)[keyof typeof OperatingSystemFamily]

/** What the images of a task definition are made for: where its tasks are placed. */
export interface RuntimePlatform {
  /** @default any */
  readonly cpuArchitecture?: CpuArchitecture
  /** @default any */
  readonly operatingSystemFamily?: OperatingSystemFamily
}

/** Its place in the document. */
export function renderRuntimePlatform(platform: RuntimePlatform): RuntimePlatformJson {
  const { cpuArchitecture, operatingSystemFamily } = platform
  return compact({ cpuArchitecture, operatingSystemFamily })
}
