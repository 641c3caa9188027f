const MILLIS = { seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const

/** A length of time, as in aws-cdk-lib. */
export class Duration {
  readonly #millis: number

  private constructor(millis: number) {
    this.#millis = millis
  }

  /** `amount` milliseconds. */
  static millis(amount: number): Duration {
    return new Duration(amount)
  }

  /** `amount` seconds. */
  static seconds(amount: number): Duration {
    return new Duration(amount * MILLIS.seconds)
  }

  /** `amount` minutes. */
  static minutes(amount: number): Duration {
    return new Duration(amount * MILLIS.minutes)
  }

  /** `amount` hours. */
  static hours(amount: number): Duration {
    return new Duration(amount * MILLIS.hours)
  }

  /** `amount` days. */
  static days(amount: number): Duration {
    return new Duration(amount * MILLIS.days)
  }

  /** In milliseconds. */
  toMilliseconds(): number {
    return this.#millis
  }

  /** In seconds; a fraction where they are not whole. */
  toSeconds(): number {
    return this.#millis / MILLIS.seconds
  }

  /** In minutes; a fraction where they are not whole. */
  toMinutes(): number {
    return this.#millis / MILLIS.minutes
  }

  /** In hours; a fraction where they are not whole. */
  toHours(): number {
    return this.#millis / MILLIS.hours
  }

  /** In days; a fraction where they are not whole. */
  toDays(): number {
    return this.#millis / MILLIS.days
  }

  /** This and `other` together. */
  plus(other: Duration): Duration {
    return new Duration(this.#millis + other.#millis)
  }
}
