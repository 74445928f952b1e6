// Seconds per stage of a pipeline.

/** Told at the end of each step of some work, by whoever measures it. */
export type Lap = (step: string) => void;

export interface Stopwatch {
  /** Ends a stage that began at the previous lap. */
  readonly lap: Lap;
  seconds(): Seconds;
}

/** Seconds by stage, to the microsecond, and `total` since the start. */
export interface Seconds extends Readonly<Record<string, number>> {
  readonly total: number;
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
  return Math.round(milliseconds * 1000) / 1e6;
}
