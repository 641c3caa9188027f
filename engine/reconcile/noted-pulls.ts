/** The pulls of one wave, by the service that they are for. */
export class NotedPulls {
  /** A list is not changed once it was handed out. */
  readonly #lists = new Map<string, { ids: number[]; isOut: boolean }>()

  note(service: string, id: number): void {
    const list = this.#lists.get(service)
    if (!list) this.#lists.set(service, { ids: [id], isOut: false })
    else if (list.isOut) this.#lists.set(service, { ids: [...list.ids, id], isOut: false })
    else list.ids.push(id)
  }

  of(service: string): readonly number[] {
    const list = this.#lists.get(service)
    if (!list) return []
    list.isOut = true
    return list.ids
  }
}
