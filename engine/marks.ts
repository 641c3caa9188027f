import type { InstanceMark, Marks, Said } from './ledger/record.ts'

/** What a mark says, without when and by whom it was written. */
type Words = Pick<InstanceMark, 'draining' | 'lost' | 'silentSince'>

/** A person's word on a container instance. */
export type Word =
  | { readonly kind: 'drain' | 'activate' | 'found'; readonly instance: string }
  | { readonly kind: 'lost'; readonly instance: string; readonly localData: boolean }

/** The marks that a person's word makes others; none where it was said before. */
export function marksOfWord(marks: Marks, word: Word, said: Said): Marks {
  return changed(marks, word.instance, said, ({ draining, lost, silentSince }) => {
    switch (word.kind) {
      case 'drain':
        return { draining: draining ?? said, lost, silentSince }
      case 'activate':
        return { lost, silentSince }
      case 'lost':
        return {
          draining,
          lost: lost && lost.localData === word.localData ? lost : { ...said, localData: word.localData },
          silentSince,
        }
      case 'found':
        // the time that may take it for lost begins anew
        return { draining, ...(silentSince !== undefined && { silentSince: said.time }) }
    }
  })
}

/** What one run has seen of the container instances. */
export interface Seen {
  readonly answered: readonly string[]
  readonly silent: readonly string[]
}

/** The marks that a look makes others: since when who does not answer. */
export function marksOfLook(marks: Marks, { answered, silent }: Seen, said: Said): Marks {
  return {
    ...each(marks, silent, said, words => ({ ...words, silentSince: words.silentSince ?? said.time })),
    ...each(marks, answered, said, ({ draining, lost }) => ({ draining, lost })),
  }
}

/** The marks that become others once all is as the document says: what answers is lost no more. */
export function marksOfSteady(marks: Marks, { answered }: Seen, said: Said): Marks {
  return each(marks, answered, said, ({ draining }) => ({ draining }))
}

/** All marks, with those that a person's word and a look make others; and whether there are any of those. */
export function marksWith(
  marks: Marks,
  seen: Seen,
  word: Word | undefined,
  said: Said,
): { readonly marks: Marks; readonly isNews: boolean } {
  const spoken = word ? marksOfWord(marks, word, said) : {}
  const all = { ...marks, ...spoken }
  const others = [spoken, marksOfLook(all, seen, said), marksOfSteady(all, seen, said)]
  return { marks: all, isNews: others.some(other => Object.keys(other).length > 0) }
}

function each(
  marks: Marks,
  instances: readonly string[],
  said: Said,
  to: (words: Words) => Loose<Words>,
): Marks {
  return Object.assign({}, ...instances.map(name => changed(marks, name, said, to))) as Marks
}

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined }

function changed(marks: Marks, instance: string, said: Said, to: (words: Words) => Loose<Words>): Marks {
  const { version = 0, draining, lost, silentSince } = marks[instance] ?? {}
  const before = compact({ draining, lost, silentSince })
  const words = compact(to(before))
  const isSame = (['draining', 'lost', 'silentSince'] as const).every(word => words[word] === before[word])
  return isSame ? {} : { [instance]: { version: version + 1, ...said, ...words } }
}

function compact({ draining, lost, silentSince }: Loose<Words>): Words {
  return {
    ...(draining && { draining }),
    ...(lost && { lost }),
    ...(silentSince !== undefined && { silentSince }),
  }
}
