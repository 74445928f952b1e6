// L-BFGS: minimises a smooth function from its gradients. Knows nothing of heads; vectors are Float64Array, since
// next to the matrix products inside the function the ten vectors of its memory cost little.

/** The function at a point. */
export interface Evaluation {
  readonly loss: number;
  readonly gradient: Float64Array;
  /**
   * The gradient as a direction to step against: the gradient itself, or `P gradient` for one fixed symmetric
   * positive (semi)definite P. A good P saves steps; one that belongs to the coordinates makes the search the same
   * in all of them.
   */
  readonly direction: Float64Array;
}

export interface MinimiseOptions {
  /** Stops where `sqrt(gradient . direction)` is at most this, */
  readonly tolerance: number;
  /** or where a step lowers the loss by no more than this: where rounding has the last word, say. */
  readonly leastGain: number;
  readonly maxIterations?: number;
}

export interface Minimum {
  readonly point: Float64Array;
  readonly loss: number;
  readonly iterations: number;
  /** False where `maxIterations` came first. */
  readonly converged: boolean;
}

/** How a step changed point, gradient and direction. */
interface Step {
  readonly point: Float64Array;
  readonly gradient: Float64Array;
  readonly direction: Float64Array;
  /** `1 / (point . gradient)` */
  readonly weight: number;
}

const memory = 10;

/**
 * Walks from `start` to the minimum of `evaluate` (Nocedal and Wright, Numerical Optimization, algorithms 7.4, 7.5).
 * For convex functions: the line search asks for sufficient decrease only.
 */
export function minimise(
  evaluate: (point: Float64Array) => Evaluation,
  start: Float64Array,
  { tolerance, leastGain, maxIterations = 1000 }: MinimiseOptions,
): Minimum {
  let point = start;
  let here = evaluate(point);
  const steps: Step[] = [];
  for (let iterations = 0; iterations < maxIterations; iterations++) {
    const { loss, gradient, direction } = here;
    const end = { point, loss, iterations, converged: true };
    if (dot(gradient, direction) <= tolerance ** 2) return end;
    const found = searchLine(evaluate, point, here, planDirection(here, steps));
    if (found === undefined) return end;
    rememberStep(steps, point, here, found);
    ({ point, here } = found);
    if (loss - here.loss <= leastGain) return { ...end, point, loss: here.loss };
  }
  return { point, loss: here.loss, iterations: maxIterations, converged: false };
}

/** The direction of the next step: minus the inverse Hessian as the remembered steps show it, times the gradient. */
function planDirection(here: Evaluation, steps: readonly Step[]): Float64Array {
  const gradient = here.gradient.slice();
  const direction = here.direction.slice();
  const taken = steps.toReversed().map(step => {
    const amount = step.weight * dot(step.point, gradient);
    add(gradient, -amount, step.gradient);
    add(direction, -amount, step.direction);
    return amount;
  });
  const newest = steps.at(-1);
  // Without a past, a step of length 1 at most.
  const scale = newest
    ? 1 / (newest.weight * dot(newest.gradient, newest.direction))
    : 1 / Math.max(1, Math.sqrt(dot(here.gradient, here.direction)));
  for (let i = 0; i < direction.length; i++) direction[i]! *= -scale;
  for (const step of steps) {
    const amount = step.weight * dot(step.gradient, direction);
    add(direction, -taken.pop()! - amount, step.point);
  }
  return direction;
}

/** Shortens the step, by the parabola through what is known, until the loss falls enough; undefined where it never does. */
function searchLine(
  evaluate: (point: Float64Array) => Evaluation,
  from: Float64Array,
  { loss, gradient }: Evaluation,
  direction: Float64Array,
): { point: Float64Array; here: Evaluation } | undefined {
  const slope = dot(gradient, direction);
  for (let length = 1, attempt = 0; attempt < 20; attempt++) {
    const point = from.slice();
    add(point, length, direction);
    const here = evaluate(point);
    if (here.loss <= loss + 1e-4 * length * slope) return { point, here };
    const lowest = (-slope * length ** 2) / (2 * (here.loss - loss - slope * length));
    length = Math.max(0.1 * length, Math.min(0.5 * length, Number.isFinite(lowest) ? lowest : 0));
  }
  return undefined;
}

function rememberStep(
  steps: Step[],
  before: Float64Array,
  old: Evaluation,
  { point, here }: { point: Float64Array; here: Evaluation },
): void {
  const step = {
    point: difference(point, before),
    gradient: difference(here.gradient, old.gradient),
    direction: difference(here.direction, old.direction),
  };
  const curvature = dot(step.point, step.gradient);
  // Rounding can hide the curvature of a tiny step; such a step would spoil the memory.
  if (!(curvature > 0)) return;
  steps.push({ ...step, weight: 1 / curvature });
  if (steps.length > memory) steps.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** `target += amount * values` */
function add(target: Float64Array, amount: number, values: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += amount * values[i]!;
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  const result = a.slice();
  add(result, -1, b);
  return result;
}
