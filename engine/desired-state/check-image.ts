import { referenceFault } from '../image-reference.ts'
import { type DocumentProblem, documentProblem, pointer, quote } from './problem.ts'

/** What Docker could not read as the name of an image, in the container at `at`. */
export function checkImage(at: string, name: string, image: string): DocumentProblem[] {
  const fault = referenceFault(image)
  if (fault === undefined) return []
  const message = `must be the name of an image, not ${quote(image)}: ${fault} (container ${name})`
  return [documentProblem(pointer(at, 'image'), message)]
}
