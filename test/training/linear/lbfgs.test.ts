// L-BFGS on functions whose minimum is known.
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Evaluation, minimize } from '../../../src/training/linear/lbfgs.js';

const exact = { tolerance: 1e-9, leastGain: 0 };

function withGradient(loss: number, gradient: number[]): Evaluation {
  const vector = Float64Array.from(gradient);
  return { loss, gradient: vector, direction: vector };
}

/** Lowest at (1, -2, 3), curved 10,000 times more along the last coordinate than along the first. */
function valley(point: Float64Array): Evaluation {
  const [curves, lowest] = [
    [1, 100, 10_000],
    [1, -2, 3],
  ];
  const away = curves.map((_, i) => point[i]! - lowest[i]!);
  const loss = away.reduce((sum, each, i) => sum + (curves[i]! / 2) * each ** 2, 0);
  return withGradient(
    loss,
    away.map((each, i) => curves[i]! * each),
  );
}

function rosenbrock(point: Float64Array): Evaluation {
  const [x, y] = [point[0]!, point[1]!];
  return withGradient((1 - x) ** 2 + 100 * (y - x * x) ** 2, [
    -2 * (1 - x) - 400 * x * (y - x * x),
    200 * (y - x * x),
  ]);
}

for (const start of [
  [0, 0, 0],
  [1e3, 1e3, 1e3],
  [-5, 40, 0.1],
]) {
  test(`The minimum of a long valley is found from ${start.join(', ')}`, async () => {
    const { point, loss, converged, iterations } = await minimize(valley, Float64Array.from(start), exact);
    [1, -2, 3].forEach((lowest, i) => {
      assert.ok(Math.abs(point[i]! - lowest) < 1e-6);
    });
    assert.ok(converged && loss < 1e-12 && iterations < 60, `${iterations} iterations`);
  });
}

test("Rosenbrock's bent valley is followed to its end", async () => {
  const { point } = await minimize(rosenbrock, Float64Array.from([-1.2, 1]), exact);
  assert.ok(Math.abs(point[0]! - 1) < 1e-6 && Math.abs(point[1]! - 1) < 1e-6);
});

test('A direction that knows the curvature arrives in two steps', async () => {
  const evaluate = (point: Float64Array): Evaluation => {
    const here = valley(point);
    return { ...here, direction: here.gradient.map((each, i) => each / [1, 100, 10_000][i]!) };
  };
  // The first step is cut to a length of 1; the second knows how far to go.
  const { iterations } = await minimize(evaluate, new Float64Array(3), { tolerance: 1e-6, leastGain: 0 });
  assert.ok(iterations <= 2, `${iterations} iterations`);
});

test('A start at the minimum is an answer without a step', async () => {
  const { iterations, converged } = await minimize(valley, Float64Array.from([1, -2, 3]), exact);
  assert.deepEqual([iterations, converged], [0, true]);
});

test('The search ends after maxIterations and says that it did not converge', async () => {
  const { iterations, converged } = await minimize(rosenbrock, Float64Array.from([-1.2, 1]), {
    ...exact,
    maxIterations: 3,
  });
  assert.deepEqual([iterations, converged], [3, false]);
});

test('A function without a minimum ends when a step wins no more than leastGain', async () => {
  const decay = (point: Float64Array) => withGradient(Math.exp(-point[0]!), [-Math.exp(-point[0]!)]);
  const { loss, converged } = await minimize(decay, Float64Array.from([0]), {
    tolerance: 0,
    leastGain: 1e-6,
  });
  assert.ok(converged && loss < 1e-4, `${loss}`);
});

test('Rounding in the loss does not send the search round in circles', async () => {
  let evaluations = 0;
  const coarse = (point: Float64Array): Evaluation => {
    evaluations++;
    const here = valley(point);
    return { ...here, loss: Math.fround(here.loss + 1e4) };
  };
  await minimize(coarse, new Float64Array(3), { tolerance: 0, leastGain: 1e-9 });
  assert.ok(evaluations < 200, `${evaluations} evaluations`);
});
