// Where the weights of the catalogue's networks are published, and how to know that a file is the right one.

/** A published weights-only HDF5 file. */
export interface WeightFile {
  /** The same bytes at each; tried in this order. */
  readonly urls: readonly [string, ...string[]];
  /** Hex; absent where the publisher gives none. */
  readonly md5?: string;
  readonly bytes?: number;
}

/** A network's two files. */
export interface WeightFiles {
  readonly top: WeightFile;
  readonly noTop: WeightFile;
}

/** Something of the file with the ImageNet classes, and of the one without. */
type Pair<Value> = readonly [top: Value, noTop: Value];

/** What is known of two files. */
export interface FileFacts {
  /** Hex. */
  readonly md5?: Pair<string | undefined>;
  readonly bytes?: Pair<number | undefined>;
  /** How their addresses end. Default: `.h5` and `_notop.h5`. */
  readonly ends?: Pair<string>;
}

/** How Keras named its first files: between a network's name and what tells the two files apart. */
export const kernels = 'weights_tf_dim_ordering_tf_kernels';

const keras = 'https://storage.googleapis.com/keras-applications';
const tensorflow = 'https://storage.googleapis.com/tensorflow/keras-applications';
const vggMirror = 'https://github.com/fchollet/deep-learning-models/releases/download/v0.1';
const squeezenetRelease = 'https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0';

/** Files of Keras Applications in TensorFlow's bucket, by what both addresses begin with, e.g. `nasnet/NASNet-large`. */
export function inTensorflowBucket(start: string, facts: FileFacts = {}): WeightFiles {
  return publishedAt([`${tensorflow}/${start}`], facts);
}

/** Files in the bucket that Keras had of its own. */
export function inKerasBucket(start: string, facts: FileFacts): WeightFiles {
  return publishedAt([`${keras}/${start}`], facts);
}

/** VGG's files, which lie in two places. */
export function ofVgg(name: string, facts: FileFacts): WeightFiles {
  const start = `${name}_${kernels}`;
  return publishedAt([`${tensorflow}/${name}/${start}`, `${vggMirror}/${start}`], facts);
}

/** SqueezeNet's, which its author publishes. */
export function ofSqueezenet(facts: FileFacts): WeightFiles {
  return publishedAt([`${squeezenetRelease}/squeezenet_${kernels}`], facts);
}

function publishedAt(
  [start, ...mirrors]: readonly [string, ...string[]],
  { md5, bytes, ends = ['.h5', '_notop.h5'] }: FileFacts,
): WeightFiles {
  const file = (at: 0 | 1): WeightFile => ({
    urls: [start + ends[at], ...mirrors.map(mirror => mirror + ends[at])],
    ...(md5?.[at] !== undefined && { md5: md5[at] }),
    ...(bytes?.[at] !== undefined && { bytes: bytes[at] }),
  });
  return { top: file(0), noTop: file(1) };
}
