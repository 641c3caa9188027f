import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RootConstruct } from 'constructs'
import type { DesiredStateDocument } from '../engine/desired-state/document.generated.ts'
import { printDocument } from './document.ts'
import { synthesize } from './synth.ts'

export interface AppProps {
  /** The folder that the documents go to. @default the variable STOWAGE_OUT, which the stowage command sets; else stowage.out */
  readonly outdir?: string
}

/** What one synth made. */
export interface Synthesis {
  readonly outdir: string
  /** One for each cluster, sorted by its name. */
  readonly documents: readonly SynthesizedDocument[]
}

export interface SynthesizedDocument {
  readonly cluster: string
  /** The path of the file that was written. */
  readonly file: string
  readonly document: DesiredStateDocument
}

/** The root of all constructs; its clusters give one document each. */
export class App extends RootConstruct {
  readonly outdir: string

  constructor(props: AppProps = {}) {
    super()
    this.outdir = props.outdir ?? process.env.STOWAGE_OUT ?? 'stowage.out'
  }

  /**
   * Checks everything and writes `<cluster>.json` for each cluster: the same app gives the same bytes on any machine.
   * Files that are there already and not of this app are left alone. Throws a SynthError with every error at once,
   * and then nothing is written.
   */
  synth(): Synthesis {
    const documents = synthesize(this).map(document => ({
      cluster: document.cluster,
      file: join(this.outdir, `${document.cluster}.json`),
      document,
    }))
    mkdirSync(this.outdir, { recursive: true })
    for (const { file, document } of documents) writeFileSync(file, printDocument(document))
    return { outdir: this.outdir, documents }
  }
}
