// Memory that is used again.

/** Arrays of one length, used again and again: to come by new memory takes longer than to fill it. */
export class ReusedArrays {
  readonly #free: Float32Array[] = [];

  constructor(
    readonly length: number,
    readonly make: (length: number) => Float32Array = count => new Float32Array(count),
  ) {}

  take(): Float32Array {
    return this.#free.pop() ?? this.make(this.length);
  }

  giveBack(array: Float32Array): void {
    this.#free.push(array);
  }
}
