import type { RuntimePlatform as RuntimePlatformJson } from '../engine/desired-state/document.generated.ts'
import { compact } from './document.ts'

export const CpuArchitecture = { X86_64: 'X86_64', ARM64: 'ARM64' } as const
export type CpuArchitecture = (typeof CpuArchitecture)[keyof typeof CpuArchitecture]

/** Hosts of the Windows ones are not spoken to; a task that asks for one is placed nowhere. */
export const OperatingSystemFamily = {
  LINUX: 'LINUX',
  WINDOWS_SERVER_2004_CORE: 'WINDOWS_SERVER_2004_CORE',
  WINDOWS_SERVER_2016_FULL: 'WINDOWS_SERVER_2016_FULL',
  WINDOWS_SERVER_2019_CORE: 'WINDOWS_SERVER_2019_CORE',
  WINDOWS_SERVER_2019_FULL: 'WINDOWS_SERVER_2019_FULL',
  WINDOWS_SERVER_2022_CORE: 'WINDOWS_SERVER_2022_CORE',
  WINDOWS_SERVER_2022_FULL: 'WINDOWS_SERVER_2022_FULL',
  WINDOWS_SERVER_2025_CORE: 'WINDOWS_SERVER_2025_CORE',
  WINDOWS_SERVER_2025_FULL: 'WINDOWS_SERVER_2025_FULL',
  WINDOWS_SERVER_20H2_CORE: 'WINDOWS_SERVER_20H2_CORE',
} as const satisfies {
  readonly [Family in NonNullable<RuntimePlatformJson['operatingSystemFamily']>]: Family
}
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
