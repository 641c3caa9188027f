/** What an expression of the cluster query language can ask of container instances, as columns by host index. */
export interface InstanceColumns {
  /** How many container instances there are. */
  readonly size: number
  readonly names: readonly string[]
  /** 1 where the container instance answers. */
  readonly connected: Uint8Array
  /** ms since 1970; NaN where it is not known. */
  readonly registeredAt: Float64Array
  /** How many tasks run there. Changes as tasks are placed. */
  readonly runningTasks: Int32Array
  /** The version of its Docker Engine. */
  readonly agentVersions: TextColumn
  /** The attribute's values; every id is 0 where no container instance has it. */
  attribute(name: string): TextColumn
  readonly groups: GroupColumn
}

/** The task groups, such as service:web, of which tasks run on the hosts. */
export interface GroupColumn {
  /** The number that stands for a task group. */
  id(group: string): number
  /** The inverse of id. */
  name(id: number): string
  /** How many tasks of which groups the host has, by group id; undefined: none. Changes as tasks are placed. */
  on(host: number): ReadonlyMap<number, number> | undefined
}

/** Texts, each distinct one kept once: host i has `values[ids[i]]`. */
export interface TextColumn {
  /** The first is undefined, for hosts that have no value. */
  readonly values: readonly (string | undefined)[]
  readonly ids: Int32Array
}
