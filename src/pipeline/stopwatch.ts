// Seconds per stage of a pipeline.

export interface Stopwatch {
  /** Ends a stage that began at the previous lap. */
  lap(stage: string): void;
  /** Seconds by stage, to the millisecond, and `total` since the start. */
  seconds(): Readonly<Record<string, number>>;
}

export function startStopwatch(): Stopwatch {
  const started = performance.now();
  const laps: Record<string, number> = {};
  let last = started;
  return {
    lap(stage) {
      const now = performance.now();
      laps[stage] = toSeconds(now - last);
      last = now;
    },
    seconds: () => ({ ...laps, total: toSeconds(performance.now() - started) }),
  };
}

function toSeconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
