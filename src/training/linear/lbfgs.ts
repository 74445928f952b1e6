// L-BFGS: minimizes a smooth function from its gradients. Knows nothing of heads; vectors are Float64Array, since
// next to the matrix products inside the function the ten vectors of its memory cost little.

import { addScaled, dot, subtract } from './vectors.js';

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

/** When to stop. */
export interface MinimizeOptions {
  /** Stops where `sqrt(gradient . direction)` is at most this, */
  readonly tolerance: number;
  /** or where a step lowers the loss by no more than this: where rounding has the last word, say. */
  readonly leastGain: number;
  readonly maxIterations?: number;
  /** Awaited before every step. */
  readonly pause?: () => Promise<void>;
}

/** Where the search ended. */
export interface Minimum {
  readonly point: Float64Array;
  readonly loss: number;
  readonly iterations: number;
  /** False where `maxIterations` came first. */
  readonly converged: boolean;
}

/** A point and the function there. */
interface Place extends Evaluation {
  readonly point: Float64Array;
}

/** How a step changed point, gradient and direction. */
interface Step {
  readonly point: Float64Array;
  readonly gradient: Float64Array;
  readonly direction: Float64Array;
  /** `1 / (point . gradient)` */
  readonly weight: number;
}

type Evaluate = (point: Float64Array) => Evaluation;

const memory = 10;

/**
 * Walks from `start` to the minimum of `evaluate` (Nocedal and Wright, Numerical Optimization, algorithms 7.4, 7.5).
 * For convex functions: the line search asks for sufficient decrease only.
 */
export async function minimize(
  evaluate: Evaluate,
  start: Float64Array,
  { tolerance, leastGain, maxIterations = 1000, pause }: MinimizeOptions,
): Promise<Minimum> {
  let here: Place = { point: start, ...evaluate(start) };
  const steps: Step[] = [];
  for (let iterations = 0; iterations < maxIterations; iterations++) {
    await pause?.();
    const { point, loss, gradient, direction } = here;
    const end = { point, loss, iterations, converged: true };
    if (dot(gradient, direction) <= tolerance ** 2) return end;
    const found = searchLine(evaluate, here, planDirection(here, steps));
    if (found === undefined) return end;
    rememberStep(steps, here, found);
    here = found;
    if (loss - here.loss <= leastGain) return { ...end, point: here.point, loss: here.loss };
  }
  return { point: here.point, loss: here.loss, iterations: maxIterations, converged: false };
}

/** The direction of the next step: minus the inverse Hessian as the remembered steps show it, times the gradient. */
function planDirection(here: Evaluation, steps: readonly Step[]): Float64Array {
  const gradient = here.gradient.slice();
  const direction = here.direction.slice();
  const taken = steps.toReversed().map(step => {
    const amount = step.weight * dot(step.point, gradient);
    addScaled(gradient, -amount, step.gradient);
    addScaled(direction, -amount, step.direction);
    return { step, amount };
  });
  const newest = steps.at(-1);
  // Without a past, a step of length 1 at most.
  const scale = newest
    ? 1 / (newest.weight * dot(newest.gradient, newest.direction))
    : 1 / Math.max(1, Math.sqrt(dot(here.gradient, here.direction)));
  for (let i = 0; i < direction.length; i++) direction[i]! *= -scale;
  for (const { step, amount } of taken.reverse()) {
    addScaled(direction, -amount - step.weight * dot(step.gradient, direction), step.point);
  }
  return direction;
}

/** Shortens the step, by the parabola through what is known, until the loss falls enough; undefined where it never does. */
function searchLine(evaluate: Evaluate, from: Place, direction: Float64Array): Place | undefined {
  const slope = dot(from.gradient, direction);
  for (let length = 1, attempt = 0; attempt < 20; attempt++) {
    const point = addScaled(from.point.slice(), length, direction);
    const here = evaluate(point);
    if (here.loss <= from.loss + 1e-4 * length * slope) return { point, ...here };
    const lowest = (-slope * length ** 2) / (2 * (here.loss - from.loss - slope * length));
    length = Math.max(0.1 * length, Math.min(0.5 * length, Number.isFinite(lowest) ? lowest : 0));
  }
  return undefined;
}

function rememberStep(steps: Step[], before: Place, after: Place): void {
  const step = {
    point: subtract(after.point, before.point),
    gradient: subtract(after.gradient, before.gradient),
    direction: subtract(after.direction, before.direction),
  };
  const curvature = dot(step.point, step.gradient);
  // Rounding can hide the curvature of a tiny step; such a step would spoil the memory.
  if (!(curvature > 0)) return;
  steps.push({ ...step, weight: 1 / curvature });
  if (steps.length > memory) steps.shift();
}
