/** An amount of memory or storage. */
export class Size {
  readonly #mebibytes: number

  private constructor(mebibytes: number) {
    this.#mebibytes = mebibytes
  }

  static mebibytes(amount: number): Size {
    return new Size(amount)
  }

  static gibibytes(amount: number): Size {
    return new Size(amount * 1024)
  }

  toMebibytes(): number {
    return this.#mebibytes
  }
}
