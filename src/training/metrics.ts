// How good predictions are: numbers only, from probabilities and labels. Imports no tfjs.

/** How predictions for labelled images turned out. */
export interface Metrics {
  readonly accuracy: number;
  /** Mean log-loss, natural logarithm. */
  readonly loss: number;
  /** `confusion[label][prediction]`: images. */
  readonly confusion: readonly (readonly number[])[];
  /** In the order of the class names. */
  readonly perClass: readonly ClassMetrics[];
  /** Plain means over the classes that have images. */
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
}

/** How the predictions of one class turned out. */
export interface ClassMetrics {
  readonly name: string;
  /** Part of the predictions with this name that were right; 0 where there was none. */
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
  const predictions = predictLabels(probabilities, labels.length);
  const confusion = countConfusion(labels, predictions, classNames.length);
  const perClass = classNames.map((name, label) => measureClass(name, label, confusion));
  const present = perClass.filter(({ support }) => support > 0);
  const mean = (of: (each: ClassMetrics) => number): number => sum(present.map(of)) / present.length;
  return {
    accuracy: labels.filter((label, i) => label === predictions[i]).length / labels.length,
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

/** The class of the largest probability of every row; the first of equals. */
export function predictLabels(probabilities: Float32Array, rows: number): Int32Array {
  const classes = probabilities.length / rows;
  return Int32Array.from({ length: rows }, (_, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(row.reduce((most, each) => Math.max(most, each)));
  });
}

function countConfusion(labels: Int32Array, predictions: Int32Array, classes: number): number[][] {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, i) => {
    confusion[label]![predictions[i]!]! += 1;
  });
  return confusion;
}

function measureClass(name: string, label: number, confusion: readonly (readonly number[])[]): ClassMetrics {
  const ofClass = confusion[label]!;
  const right = ofClass[label]!;
  const support = sum(ofClass);
  const predicted = sum(confusion.map(row => row[label]!));
  return {
    name,
    precision: ratio(right, predicted),
    recall: ratio(right, support),
    f1: ratio(2 * right, predicted + support),
    support,
  };
}

/** The mean over all images. */
function logLoss(probabilities: Float32Array, labels: Int32Array, classes: number): number {
  return sum(Array.from(labels, (label, i) => lossOf(probabilities[i * classes + label]!))) / labels.length;
}

/** Log-loss of an image whose own class got this probability; one that float32 rounded to 0 counts as 1e-7, as in Keras. */
export function lossOf(probability: number): number {
  return -Math.log(Math.max(probability, 1e-7));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
