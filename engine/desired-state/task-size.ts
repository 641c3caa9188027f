/** CPU units of a task's `cpu`: "512", or cores as "0.5 vCPU". undefined: it is neither. */
export function cpuUnits(text: string): number | undefined {
  return amount(text, /^([\d.]+)\s*vcpu$/i, 1024)
}

/** MiB of a task's `memory`: "512", or GiB as "2 GB". undefined: it is neither. */
export function memoryMiB(text: string): number | undefined {
  return amount(text, /^([\d.]+)\s*gb$/i, 1024)
}

function amount(text: string, large: RegExp, factor: number): number | undefined {
  const trimmed = text.trim()
  const found = /^\d+$/.test(trimmed) ? Number(trimmed) : Number(large.exec(trimmed)?.[1]) * factor
  return Number.isFinite(found) ? Math.round(found) : undefined
}
