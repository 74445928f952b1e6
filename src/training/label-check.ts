// Labels that the other images of a data set contradict.

/** An image whose label is doubted. */
export interface DoubtedLabel {
  /** Its row. */
  readonly row: number;
  readonly label: number;
  /** The class that it looks like. */
  readonly proposed: number;
  /** Probability of `proposed` by a head that was trained without the image. */
  readonly confidence: number;
  /** Probability of `label` by the same head. */
  readonly own: number;
}

/**
 * Doubts labels by confident learning (Northcutt, Jiang, Chuang: Confident Learning, 2021): an image counts as one of
 * another class where that class is at least as probable as it is, on average, for the images of its own folder.
 * @param probabilities `[images, classes]` of heads that were trained without the image; NaN where nothing is known
 * @returns most confident first
 */
export function findDoubtedLabels(labels: Int32Array, probabilities: Float32Array): DoubtedLabel[] {
  const classes = probabilities.length / Math.max(1, labels.length);
  const at = (row: number, label: number) => probabilities[row * classes + label] ?? Number.NaN;
  const usual = usualConfidences(labels, probabilities);
  const doubted = [...labels].flatMap((label, row): DoubtedLabel[] => {
    const candidates = usual
      .map((least, other) => ({ other, least, confidence: at(row, other) }))
      .filter(({ least, confidence }) => confidence >= least)
      .sort((a, b) => b.confidence - a.confidence);
    const [best] = candidates;
    if (best === undefined || best.other === label || best.confidence <= at(row, label)) return [];
    return [{ row, label, proposed: best.other, confidence: best.confidence, own: at(row, label) }];
  });
  return doubted.sort((a, b) => b.confidence - b.own - (a.confidence - a.own));
}

/** Per class, the mean probability of that class over the images of its folder. */
function usualConfidences(labels: Int32Array, probabilities: Float32Array): number[] {
  const classes = probabilities.length / Math.max(1, labels.length);
  return Array.from({ length: classes }, (_, label) => {
    const own = [...labels].flatMap((each, row) => {
      const value = probabilities[row * classes + label] ?? Number.NaN;
      return each === label && !Number.isNaN(value) ? value : [];
    });
    // A class of which nothing is known is never proposed.
    return own.length === 0
      ? Number.POSITIVE_INFINITY
      : own.reduce((sum, value) => sum + value, 0) / own.length;
  });
}
