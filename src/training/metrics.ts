// How good answers are: numbers only, from probabilities and labels. Imports no tfjs.

/** How answers on labelled images turned out. */
export interface Metrics {
  readonly accuracy: number;
  /** Mean log-loss, natural logarithm. */
  readonly loss: number;
  /** `confusion[label][answer]`: images. */
  readonly confusion: readonly (readonly number[])[];
  /** In the order of the class names. */
  readonly perClass: readonly ClassMetrics[];
  /** Plain means over the classes that have images. */
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
}

export interface ClassMetrics {
  readonly name: string;
  /** Part of the answers with this name that were right; 0 where there was none. */
  readonly precision: number;
  /** Part of this class' images that were found; 0 where there is none. */
  readonly recall: number;
  readonly f1: number;
  /** Images of this class. */
  readonly support: number;
}

/**
 * @param probabilities `[labels.length, classNames.length]`, row-major
 * @param labels at least one, each an index into `classNames`
 */
export function computeMetrics(
  probabilities: Float32Array,
  labels: Int32Array,
  classNames: readonly string[],
): Metrics {
  const confusion = countConfusion(probabilities, labels, classNames.length);
  const perClass = classNames.map((name, label) => measureClass(name, label, confusion));
  const present = perClass.filter(({ support }) => support > 0);
  const mean = (of: (each: ClassMetrics) => number): number => sum(present.map(of)) / present.length;
  return {
    accuracy: sum(confusion.map((row, label) => row[label]!)) / labels.length,
    loss: logLoss(probabilities, labels, classNames.length),
    confusion,
    perClass,
    macro: {
      precision: mean(each => each.precision),
      recall: mean(each => each.recall),
      f1: mean(each => each.f1),
    },
  };
}

function countConfusion(probabilities: Float32Array, labels: Int32Array, classes: number): number[][] {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, i) => {
    const answer = largestIndex(probabilities.subarray(i * classes, (i + 1) * classes));
    confusion[label]![answer]! += 1;
  });
  return confusion;
}

/** The first of equals. */
function largestIndex(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}

function measureClass(name: string, label: number, confusion: readonly (readonly number[])[]): ClassMetrics {
  const right = confusion[label]![label]!;
  const support = sum(confusion[label]!);
  const answered = sum(confusion.map(row => row[label]!));
  return {
    name,
    precision: ratio(right, answered),
    recall: ratio(right, support),
    f1: ratio(2 * right, answered + support),
    support,
  };
}

/** Natural logarithm; a probability that float32 rounded to 0 counts as 1e-7, as in Keras. */
function logLoss(probabilities: Float32Array, labels: Int32Array, classes: number): number {
  const losses = Array.from(
    labels,
    (label, i) => -Math.log(Math.max(probabilities[i * classes + label]!, 1e-7)),
  );
  return sum(losses) / labels.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
