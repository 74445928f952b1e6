// Seconds per stage of a pipeline: those that pass, and those that processors work.

/** Seconds by stage, to the microsecond, and `total` since the start. */
export interface Seconds extends Readonly<Record<string, number>> {
  readonly total: number;
}

/** Measures stages that follow one another. */
export interface Timer {
  /** Ends a stage, or another part of one, that began at the end of the previous one. */
  readonly step: (stage: string) => void;
  /** Seconds that passed. */
  seconds(): Seconds;
  /** Seconds that processors worked for this process, all threads together. */
  processorSeconds(): Seconds;
}

/** Starts a timer. */
export function startTimer(): Timer {
  const started = { passed: performance.now() / 1000, worked: readProcessorTime() };
  const passed: Record<string, number> = {};
  const worked: Record<string, number> = {};
  let last = started;
  return {
    step(stage) {
      const now = { passed: performance.now() / 1000, worked: readProcessorTime() };
      passed[stage] = toMicroseconds((passed[stage] ?? 0) + now.passed - last.passed);
      worked[stage] = toMicroseconds((worked[stage] ?? 0) + now.worked - last.worked);
      last = now;
    },
    seconds: () => ({ ...passed, total: toMicroseconds(performance.now() / 1000 - started.passed) }),
    processorSeconds: () => ({ ...worked, total: toMicroseconds(readProcessorTime() - started.worked) }),
  };
}

/** Seconds that processors have worked for this process since it started, all of its threads together. */
export function readProcessorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
