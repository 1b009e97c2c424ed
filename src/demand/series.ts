/** Readings of one VM, a mean a step; grows at both ends. */

const NOTHING: Float32Array = new Float32Array(0);

export class Series {
  /** Time of the last reading; s. */
  lastS = Number.NaN;
  /** First step that has a place. */
  first = 0;
  length = 0;
  #cpu = NOTHING;
  #memory: Float32Array | undefined;
  /** The step that gathers, and what it has gathered. */
  #open = Number.NaN;
  #cpuSum = 0;
  #cpuWeight = 0;
  #memorySum = 0;
  #memoryWeight = 0;

  get hasMemory(): boolean {
    return this.#memory !== undefined;
  }

  /** NaN is not said. */
  add(step: number, weight: number, cpu: number, memory: number): void {
    if (step !== this.#open) {
      this.close();
      this.#open = step;
    }
    if (!Number.isNaN(cpu)) {
      this.#cpuSum += weight * cpu;
      this.#cpuWeight += weight;
    }
    if (!Number.isNaN(memory)) {
      this.#memorySum += weight * memory;
      this.#memoryWeight += weight;
    }
  }

  /** Ends the open step; a step that comes again is the mean of both. */
  close(): void {
    if (this.#cpuWeight + this.#memoryWeight === 0) return;
    const at = this.#placeOf(this.#open);
    if (this.#cpuWeight > 0) this.#cpu[at] = merged(this.#cpu[at]!, this.#cpuSum / this.#cpuWeight);
    if (this.#memoryWeight > 0) {
      this.#memory ??= new Float32Array(this.#cpu.length).fill(Number.NaN);
      this.#memory[at] = merged(this.#memory[at]!, this.#memorySum / this.#memoryWeight);
    }
    this.#open = Number.NaN;
    this.#cpuSum = this.#cpuWeight = this.#memorySum = this.#memoryWeight = 0;
  }

  /** NaN where nothing was said. */
  at(what: "cpu" | "memory", step: number): number {
    const values = what === "cpu" ? this.#cpu : this.#memory;
    const at = step - this.first;
    return at >= 0 && at < this.length ? (values?.[at] ?? Number.NaN) : Number.NaN;
  }

  /** NaN if there is none. */
  firstKnown(what: "cpu" | "memory"): number {
    for (let step = this.first; step < this.first + this.length; step += 1) {
      const value = this.at(what, step);
      if (!Number.isNaN(value)) return value;
    }
    return Number.NaN;
  }

  /** The largest; 0 if there is none. */
  peak(what: "cpu" | "memory"): number {
    let most = 0;
    for (let step = this.first; step < this.first + this.length; step += 1) {
      const value = this.at(what, step);
      if (value > most) most = value;
    }
    return most;
  }

  #placeOf(step: number): number {
    if (this.length === 0) this.first = step;
    const first = Math.min(this.first, step);
    const length = Math.max(this.first + this.length, step + 1) - first;
    const shift = this.first - first;
    if (shift > 0 || length > this.#cpu.length) {
      const room = Math.max(length, Math.min(length * 2, length + 4096), 16);
      this.#cpu = moved(this.#cpu, this.length, shift, room);
      if (this.#memory) this.#memory = moved(this.#memory, this.length, shift, room);
    }
    this.first = first;
    this.length = length;
    return step - first;
  }
}

function merged(old: number, value: number): number {
  return Number.isNaN(old) ? value : (old + value) / 2;
}

function moved(old: Float32Array, length: number, shift: number, room: number): Float32Array {
  const larger = new Float32Array(room).fill(Number.NaN);
  larger.set(old.subarray(0, length), shift);
  return larger;
}
