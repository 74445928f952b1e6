// A budget of time for a whole job: how much is left of it, and what was planned, reached and left out to keep it.

/** Seconds since some moment. */
export type Clock = () => number;

/** How often something is done, e.g. `{ views: 3, epochs: 5 }`. */
export type Amounts = Readonly<Record<string, number>>;

/** What a budget led to, for people and run.json. */
export interface TimeReport {
  /** The whole budget. */
  readonly seconds: number;
  /** By what was measured before it began. */
  readonly planned: Amounts;
  /** What there was time for in the end. */
  readonly reached: Amounts;
  /** What there was no time for, in words. */
  readonly leftOut: readonly string[];
}

/** Time for a job. Whoever has one plans by what is left; nothing stops by itself. */
export interface TimeBudget {
  /** Seconds that may be planned with by now: below 0 when they are spent. */
  left(): number;
  /** The same budget, less what comes afterwards takes. */
  keepBack(seconds: number): TimeBudget;
  plan(amounts: Amounts): void;
  reach(amounts: Amounts): void;
  leaveOut(what: string): void;
  report(): TimeReport;
}

/** The part of the whole that is kept back, since no estimate is exact. */
const margin = 0.05;

/** Starts a budget, a twentieth of which is never planned with. */
export function startBudget(seconds: number, clock: Clock = () => performance.now() / 1000): TimeBudget {
  const started = clock();
  const leftOut = new Set<string>();
  let planned: Amounts = {};
  let reached: Amounts = {};
  const budgetUntil = (end: number): TimeBudget => ({
    left: () => end - (clock() - started),
    keepBack: kept => budgetUntil(end - kept),
    plan(amounts) {
      planned = { ...planned, ...amounts };
    },
    reach(amounts) {
      reached = { ...reached, ...amounts };
    },
    leaveOut: what => void leftOut.add(what),
    report: () => ({ seconds, planned, reached, leftOut: [...leftOut] }),
  });
  return budgetUntil((1 - margin) * seconds);
}

/**
 * Whether there is time for something that may be left out; if not, the budget notes that it was.
 * @param budget absent: there is time for everything
 */
export function hasTimeFor(what: string, seconds: number, budget: TimeBudget | undefined): boolean {
  if (budget === undefined || budget.left() >= seconds) return true;
  budget.leaveOut(what);
  return false;
}
